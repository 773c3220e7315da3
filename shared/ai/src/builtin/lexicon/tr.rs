//! Turkish, the basics. Endings carry the meaning, so most words are stems.

use super::{Act, Table};

pub(super) const NEGATORS: &str = "değil yok hiç henüz asla ne";

pub(super) const TABLE: Table = &[
    (
        Act::Asks,
        &[
            "var|olur|mümkün _ mı|mi|mu|mü",
            "mı|mi|mu|mü|mısınız|misiniz|musunuz|müsünüz|mıyım|miyim|mıdır|midir|mıyız",
            "ne+kadar|zaman|kaç|nasıl|nerede|hangi*|niye|neden|kim|fiyat*",
            "var mı",
            "alabilir|olur|gelebilir _ miyim|mi",
        ],
    ),
    (
        Act::Wants,
        &[
            "istiyorum|istiyoruz|isterim|istedim|lazım|gerek|gerekiyor|arıyorum|arıyoruz|ihtiyacım|rica|almak|yaptırmak|randevu",
            "gönderir|gönderin|atar|atın|yollar _",
            "bilgi alabilir|alabilirmiyim",
        ],
    ),
    (
        Act::Chases,
        &[
            "hala|hâlâ bekliyorum|cevap|ses|kimse|aramadı*|yok",
            "kimse _ aramadı|dönmedi|yazmadı|cevap",
            "haber yok|bekliyorum",
        ],
    ),
    (
        Act::Announces,
        &[
            "eşim*|patron*|annem*|babam* _ .. sor*|konuş*|danış*|göster*",
            "maaş*|düşünüp|konuşup|sorup|bakıp _ .. yaz*|döne*|haber|ara*",
            "biraz zaman|düşüneyim|düşünelim",
            "haber+veri*|vere*|ederim",
            "bilgi veri*|vere*",
            "düşün*|düşüne*",
            "sor*|sora*|sorayım|sormam|danış*|konuş*|konuşayım|bakayım|bakarım|bakacağım|bakalım|bakmam _",
            "dönerim|dönüş+yap*|dönece*|yazarım|ararım|ararız|yazacağım",
            "belli+değil|olunca|henüz karar*|emin+değil*",
            "karar ver* _",
            "sonra|yarın|akşam|haftaya _ ararım|yazarım|gönder*|bak*|atarım",
            "bekliyorum|bekliyoruz _",
        ],
    ),
    (
        Act::Undecided,
        &[
            "hayır demiyorum|değil ama",
            "vazgeçmedim|vazgeçmedik",
            "hala|hâlâ _ ilgileniyor*|istiyor*",
        ],
    ),
    (
        Act::Agrees,
        &[
            "^ evet|tamam|olur|tamamdır|peki|süper|harika|tabii|elbette|uygun|anlaştık|güzel",
            "uygun|uyar|olur _ bana|bize|benim|bizim|$",
            "bana|bize uyar|uygun",
        ],
    ),
    (
        Act::Books,
        &[
            "görüşürüz|görüşmek",
            "alıyorum|alalım|alırım|alıyoruz|ayırtın|ayırın|rezerve|kaydedin|yazın|onaylıyorum|onaylıyoruz|kabul|geliyorum|geliriz|geleceğim|gelirim|başlayın|yapalım|yapın",
            "pazartesi|salı|çarşamba|perşembe|cuma|cumartesi|pazar|# _ olsun|gelirim|geliyorum|uygun|uyar|olur|iyi",
        ],
    ),
    (
        Act::Done,
        &[
            "aldım|aldık|ödedim|ödedik|yatırdım|imzaladım|imzaladık|verdim sipariş|sipariş+verdim|rezervasyon yaptım|yaptırdım|kaydoldum|havale|gönderdim para",
        ],
    ),
    (
        Act::Declines,
        &[
            "istemiyorum|istemiyoruz|vazgeç*|ilgilenmiyor*|düşünmüyor*|gerek+yok|gerek+kalmadı|kalsın|almayacağım|almayacağız|almıyorum|iptal|gelemeyeceğim|hayır",
            "yok _ teşekkür*|sağ+ol*",
            "çok pahalı|pahalı geldi",
            "başka zaman|sefer*",
            "olmaz artık",
        ],
    ),
    (Act::Cancels, &["iptal|gelemiyorum|gelemeyeceğim|gelemem"]),
    (
        Act::Rebooks,
        &["ertele*|başka|yeni _ gün|saat|randevu|tarih"],
    ),
    (
        Act::BadTime,
        &["uymaz|uymuyor|uygun+değil|olmaz|müsait+değil*|gelemem|çalışıyorum|erken|geç"],
    ),
    (
        Act::Elsewhere,
        &[
            "arkadaş*|kardeş*|abim|ablam|komşu*|kuzen*|amcam|dayım|eşim|babam|annem _ .. yap*|verdi|veriyor|hallet*|getirdi|aldı|yardım|ödünç",
            "başka|farklı|diğer _ .. anlaştı*|aldı*|buldu*|gitti*|tercih|karar",
            "kendim|kendimiz _ yap*|hallet*",
            "trendyol|hepsiburada|amazon|sahibinden",
            "başka|diğer _ yer*|yerden|firma*|kuaför*|doktor*|salon*|biri*|birinden|mağaza*|usta*",
            "başkasın*|buldum|bulduk|hediye+geldi|taşındı*",
            "arkadaşım|kardeşim|komşu* _ yap*|verdi|hallet*",
        ],
    ),
    (
        Act::NeedGone,
        &[
            "gerek|ihtiyaç* kalmadı|yok",
            "hallettim|hallettik|çözüldü|halloldu|düzeldi|geçti|sattım|sattık",
        ],
    ),
    (
        Act::Delivers,
        &["ekte|ekteki|gönderdim|yolladım|attım|ilettim|buyurun|işte"],
    ),
    (
        Act::Problem,
        &[
            "bozuk|bozuldu|kırık|kırıldı|yırtık|çalışmıyor|hasarlı|yanlış|eksik|gelmedi|ulaşmadı|şikayet*|sorun|iade|memnun+değil*|memnun+kalmadı*|rezalet|ağrı*|şişti|leke*|akıtıyor|kötü|hayal+kırıklığı",
        ],
    ),
    (
        Act::Pleased,
        &[
            "memnun*|harika|süper|mükemmel|bayıldım|bayıldık|çok+güzel|çok+iyi|beğendi*|beğendim|tavsiye|mutlu*|şahane|efsane",
        ],
    ),
    (Act::AutoLabel, &["otomatik yanıt|cevap|mesaj"]),
    (
        Act::Thanks,
        &["teşekkür*|sağol*|sağ+ol*|eyvallah|tşk*|teşekkürler"],
    ),
    (
        Act::Condition,
        &[
            "eğer|belki|*sem|*sam|*arsa|*erse|*irse|*ırsa|*ursa|*ürse|olursa|alabilirsem|*bilirsem|*irsem|*ersem|*arsam|duruma|bağlı",
        ],
    ),
    (
        Act::AutoReply,
        &[
            "otomatik yanıt|cevap|mesaj",
            "ofis dışında*|ofiste değil*",
            "mesajınız* _ alın*|ulaş*|için|teşekkür*",
            "en kısa sürede|zamanda",
            "mesai saat*|çalışma saat*",
        ],
    ),
    (
        Act::Promises,
        &[
            "size|sana|sizi _ .. döne*|döner*|arayaca*|yazaca*|bildirece*|iletece*|haber",
            "bakıp|sorup|kontrol|öğrenip|danışıp|görüşüp _ .. döne*|haber|yaz*|bildir*|ara*",
            "kontrol ed*|bakıp|sorup|sorayım|bakayım|öğrenip|döneriz|dönüş|dönece*|haber+vere*|haber+veri*|bilgi+vere*|arayaca*|arayıp|iletece*|gönderece*|yazaca*|bakıyorum|soruyorum|araştır*",
            "bir dakika|saniye|bekleyin|bekler misiniz",
        ],
    ),
    (
        Act::Promo,
        &[
            "kampanya*|indirim*|fırsat*|bülten|kaçırmayın|yeni sezon|% _",
            "sayın|değerli _ müşteri*|üye*|misafir*",
        ],
    ),
    (
        Act::Booked,
        &[
            "kaydedildi|kaydettim|ayırdım|ayırdık|rezerv*|onaylandı|yazdım|not+aldım|bekliyoruz sizi|görüşmek+üzere|görüşürüz",
        ],
    ),
    (
        Act::AsksDocs,
        &[
            "gönderir|gönderebilir|iletir|atar|yükler|doldurur _ mısınız|misiniz|mısın|misin",
            "ihtiyacımız var|gerekiyor|lazım|bekliyoruz|gönderin|iletin|eksik",
        ],
    ),
    (
        Act::AsksInfo,
        &["hangi*|ne+zaman|kaç|ne+kadar|nasıl|nerede"],
    ),
    (
        Act::AsksFeedback,
        &["memnun*|beğen*|nasıl|yorum|değerlendir*"],
    ),
    (
        Act::Invites,
        &["haber ver*|yazın|söyleyin|bekliyoruz|bekleriz|söylemeniz|yeterli|ne+zaman isterseniz"],
    ),
    (
        Act::Regrets,
        &["yazık|üzüldük|başka+sefer*|hayırlı+olsun|iyi+günlerde|bol+şans|güle+güle+kullan*"],
    ),
    (
        Act::Offers,
        &[
            "teklif*|fiyat* _ .. ekte|tl|için|gönder*|#",
            "ekte*|teklifimiz|fiyat listesi",
        ],
    ),
    (
        Act::OptOut,
        &[
            "mesaj*|sms|bildirim*|reklam*|hatırlatma* _ .. istemi*|gönderme*|atma*|almak+istemi*|durdur*|kes*|son+ver*",
            "bana|bize _ .. yazma*|mesaj+atma*|ulaşma*|mesaj+gönderme*",
            "liste*|numara*|rehber* _ .. çıkar*|sil*|kaldır*",
            "beni|bizi _ .. çıkar*|sil*|rahatsız+etme*|rahat+bırak*",
            "mesaj*|yazma*|göndermey* _ bırak*|kes*|son",
            "mesaj*|sms|mail|reklam*|bildirim*|bir+daha|artık|lütfen _ .. atma|atmayın*|atmayin|göndermeyin*|gönderme|yazmayın*|yazma|yollamayın*|yollama|istemiyorum|istemiyoruz|atmasın*|kesin|kesilsin|durdurun",
            "rahatsız etme*",
            "liste*|numara*|rehber*|sistem* _ .. çıkar*|sil*",
            "rahat bırak*",
            "abonelik* _ .. iptal|çık*|ayrıl*",
        ],
    ),
    (
        Act::MaybeOptOut,
        &["stop|dur|yeter|durdur*|iptal", "aramayın|arama*"],
    ),
    (
        Act::OptIn,
        &[
            "randevu*|sipariş*|rezervasyon*|kayd* _ iptal",
            "yanlışlıkla|tekrar ekle*|yeniden ekle*",
        ],
    ),
    (
        Act::Planted,
        &[
            "^ _ sistem|system ,",
            "talimat*|kuralları _ .. yok say*|unut*|görmezden",
            "bot|asistan|yapay zeka _ ,|not|için",
            "olarak işaretle*|say|kabul et",
            "applies|opt_out|prompt",
        ],
    ),
];
