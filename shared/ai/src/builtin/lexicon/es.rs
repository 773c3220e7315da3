//! Spanish, the basics.

use super::{Act, Table};

pub(super) const NEGATORS: &str = "no nunca jamás nada ningún* sin tampoco ni";

pub(super) const TABLE: Table = &[
    (
        Act::Asks,
        &[
            "^ _ cuándo|cuánto*|cuánta*|cómo|dónde|qué|cuál*|quién|por+qué",
            "a+cuánto|cuánto",
            "tenéis|tienen|tienes|hay|hacéis|hacen|podéis|puede|pueden|puedo|podría|podríais|se+puede|aceptáis|me+podéis|me+puedes|admitís|está|incluye",
            "me mandas|mandáis|envías|pasas|dices|das|haces",
        ],
    ),
    (
        Act::Wants,
        &[
            "quiero|queremos|quería|querría|quisiera|necesito|necesitamos|busco|buscamos|me+gustaría|nos+gustaría|me+interesa|quisiéramos",
            "me|nos mandas|mandáis|envías|manda|envía|pasas|podéis|puedes|dais|das|puede|dice",
            "podéis|puedes|podría|puede|pueden _",
        ],
    ),
    (
        Act::Chases,
        &[
            "sigo|seguimos|estoy esperando",
            "todavía|aún no _",
            "nadie _ llamado|contestado|respondido|escrito",
            "hay novedades|alguna novedad",
        ],
    ),
    (
        Act::Announces,
        &[
            "mi|mis marido|mujer|jefe|padres|pareja|socio|madre|padre _ .. tiene|decide|quiere|ver",
            "lo|la _ hablo|miro|veo|pienso|consulto|comento|consultamos|hablamos|pensamos",
            "cobre|cobro|nómina",
            "dame|deme|dadme|denme _ .. días|día|tiempo|hasta",
            "te|os|le|les|lo aviso|digo|diré|confirmo|cuento|comento|escribo|llamo|avisaré|comentaré|consulto|hablo|miro|pienso|pensaré|pensamos|vemos|veo|dejo",
            "digo|decimos algo",
            "aviso|avisaré|avisamos",
            "lo|me pienso|pensaré|pensamos|pensarlo|pensar|hablo|hablamos|miro|consulto|veo|hablaré|estoy pensando",
            "pensarlo|pensármelo|pensándolo|pensar",
            "tengo|tenemos|debo|hay+que|voy+a|vamos+a|déjame|deja|quiero _ mirar|ver|preguntar|consultar|hablar|pensar|comprobar|comentar|hablarlo|mirarlo|verlo|consultarlo|pensarlo|confirmar",
            "hablo|hablar|consulto|comento con",
            "aún|todavía no _ sé|decid*|seguro|segura|claro",
            "no+sé|estoy seguro|segura _ todavía|aún|si",
            "depende",
            "cuando|en cuanto tenga|sepa|pueda|llegue|cobre|vuelva",
            "luego|más+tarde|mañana|esta+tarde|la+semana+que+viene _ te|os|lo|mando|envío|digo|miro",
            "estoy|sigo esperando _ a|que",
            "ya te|os|le|veré|veremos",
            "espero a",
        ],
    ),
    (
        Act::Undecided,
        &[
            "no es que no|un no",
            "no digo que no",
            "al contrario",
            "sigo|seguimos|todavía|aún interesad*",
            "no he|hemos dicho que no",
        ],
    ),
    (
        Act::Agrees,
        &[
            "^ sí|si|vale|ok|perfecto|genial|claro|de+acuerdo|estupendo|me+va|bien|por+supuesto|venga|dale|fenomenal|ideal",
            "me|nos va|viene|parece bien|perfecto|genial|estupendo",
            "de acuerdo",
        ],
    ),
    (
        Act::Books,
        &[
            "nos vemos|allí+estaré|allí+estaremos|ahí+estaré",
            "me|nos lo|la|los|las quedo|llevo|llevamos|quedamos|apunto|apuntamos",
            "resérv*|apúnt*|anót*|apart*|guárd* _",
            "lo|la compro|reservo|confirmo|acepto|quiero|pido|contrato",
            "confirmo|confirmado|confirmamos|acepto|aceptamos|reservamos|reservo",
            "hasta el|mañana lunes|martes|miércoles|jueves|viernes|sábado|domingo|_",
            "el|la primero|primera|segundo|segunda|#|lunes|martes|miércoles|jueves|viernes|sábado _ me+va|perfecto|genial|va+bien|entonces|mejor",
            "adelante|trato hecho|hecho",
            "quedamos a|el|así",
        ],
    ),
    (
        Act::Done,
        &[
            "acabo de _ pagar|comprar|reservar|firmar|hacer|transferir",
            "hecho $",
            "he|hemos|ya|acabo+de|está|estoy|hice _ comprado|pagado|pagué|firmado|pedido|reservado|hecho la transferencia|apuntado|comprar|pagar|reservar|compré|reservé|inscrito|hecho el pedido",
        ],
    ),
    (
        Act::Declines,
        &[
            "al+final|finalmente|de+momento|por+ahora|este+año _ .. no|nada|lo+dejamos|lo+dejo",
            "nos|me _ .. sale|parece|resulta|queda _ .. caro|cara|lejos|mal",
            "no _ nos|me _ encaja|convence|compensa|cuadra|viene+bien|llega",
            "fuera de presupuesto",
            "seguimos|sigo|nos+quedamos|me+quedo con|como",
            "no|ya+no|nada _ interesa|interesad*|interés",
            "no _ gracias",
            "gracias _ pero _ no|ya",
            "ya no _",
            "no _ quiero|queremos|necesito|necesitamos|hace+falta|quiere",
            "al final|finalmente _ no|nada|descart*",
            "muy|demasiado caro|cara|lejos",
            "descart*|rechaz*|desist*|cancel*|anul*|renunci*",
            "lo|la dejo|dejamos",
            "he|hemos+cambiado de _ idea|opinión",
            "otra+vez+será|en otra ocasión",
            "paso de|pasamos",
            "se sale de _ presupuesto",
        ],
    ),
    (
        Act::Cancels,
        &["cancelar|cancela|anular|anula|dar+de+baja|de+baja+la|no+puedo+ir|no+podré+ir"],
    ),
    (
        Act::Rebooks,
        &[
            "cambiar|mover|aplazar|otra|otro|nueva|nuevo _ cita|hora|día|fecha|para",
            "quiero otra|otro",
        ],
    ),
    (
        Act::BadTime,
        &[
            "no puedo|podemos|me+va|me viene|nos va|llego",
            "me viene|va+mal|fatal|trabajo ese|muy+temprano|muy+tarde",
        ],
    ),
    (
        Act::Elsewhere,
        &[
            "mi|mis|un|una|unos hermano|hermana|primo|prima|cuñado|cuñada|amigo|amiga|vecino|vecina|marido|mujer|padre|madre|tío|tía|suegro|colega|amigos _ .. presta|prestan|deja|dejan|hace|hacen|ayuda|ayudan|regala|regaló|arregla|arregló|tiene|va+a",
            "de|con|por un|una|mi|unos amigo|amiga|amigos|primo|cuñado|vecino|colega",
            "hago|hacemos|haremos|haré|arreglo|arreglamos|apañamos _ .. yo+mismo|nosotros|mismos|solos|cuenta|furgo",
            "en|por|de amazon|wallapop|vinted|ikea|otra+web|internet",
            "al+final|finalmente _ .. lo|la|los|las|hemos|he|vamos|nos|me _ .. otra|otro|otros|otras|amigo|hacemos|hago",
            "otro|otra|otros sitio|lado|lugar|tienda|taller|clínica|empresa|parte|profesor|dentista|gimnasio|piso|hotel|academia",
            "ya|hemos|he|al final .. encontrado|encontré|comprado|compré|cogido|contratado|alquilado|cogí|reservado|reservé",
            "me lo|la|han|ha regal*|regalaron|regalado",
            "mi|un|una hermano|primo|prima|cuñado|amigo|amiga|vecino _ lo|me|la|hace|nos",
            "me+he|nos hemos mudado",
            "competencia",
            "más barato",
        ],
    ),
    (
        Act::NeedGone,
        &[
            "ya _ .. no|sin _ .. necesito|necesitamos|hace+falta|falta|busco|buscamos",
            "murió|fallec*|vendim*|anulad*|suspend*",
            "ya no _ hace+falta|necesito|necesitamos|necesario",
            "ya está|está ya|se ha solucionado|arreglado|resuelto|solucionado",
            "ya|se ha arregl*|solucion*|resuel*",
            "vendido|vendí|vendimos",
        ],
    ),
    (
        Act::Delivers,
        &[
            "adjunto|adjunt*",
            "aquí|ahí _ tienes|va|van|están|está|te",
            "te|os|le|les|ya he enviado|mandado|envié|mandé|mando|envío",
            "he|hemos enviado|mandado|subido",
        ],
    ),
    (
        Act::Problem,
        &[
            "roto|rota|rotos|defectuos*|dañad*|estropead*|rompió|rayad*|averi*|gotea|mancha*",
            "no _ funciona|va|llega|ha llegado|cierra|enciende|carga|arranca|vale",
            "equivocad*|incorrect*|error*|talla mal",
            "falta|faltan",
            "decepcion*|problema*|queja|reclam*|devol*|vergüenza|fatal|horrible|reembols*|desastre",
            "duele|dolor|hinchad*|infectad*",
            "cobrado dos|doble",
        ],
    ),
    (
        Act::Pleased,
        &[
            "content*|encantad*|feliz|satisfech*|encanta|encantó",
            "genial|perfecto|perfecta|estupend*|fantástic*|maravillos*|excelente|precios*|riquísim*|de+lujo|increíble|fenomenal",
            "todo+bien|perfecto|genial|ok",
            "recomiendo|recomendaré",
        ],
    ),
    (
        Act::AutoLabel,
        &["respuesta|mensaje|contestación automátic*"],
    ),
    (Act::Thanks, &["gracias|agradezco|agradecid*|grax"]),
    (
        Act::Condition,
        &[
            "si lo|la|los|me|te|nos|no|puedo|puedes|es|hay|el|mi|tengo|está|queda|baj*|dej*|hac*|pod*|pued*|se|les|le|mañana|al+final",
            "quizá|quizás|tal+vez|depende|en+caso|cuando|a+lo+mejor|siempre+que|dejan|dejáis",
        ],
    ),
    (
        Act::AutoReply,
        &[
            "respuesta|mensaje|contestación automátic*",
            "fuera de la oficina|horario",
            "gracias por _ mensaje|contactar|escribir|ponerte|consulta",
            "hemos recibido|recibimos su|tu|vuestro",
            "responderemos|contestaremos|atenderemos _",
            "lo antes posible|en breve|a la mayor brevedad",
            "cerrado*|ausente",
        ],
    ),
    (
        Act::Promises,
        &[
            "lo|la|te|le|os|les|se _ consulto|consultamos|miro|miramos|pregunto|digo|decimos|aviso|avisamos|confirmo|confirmamos|escribo|llamo|envío|mando|preparo|preparamos|paso",
            "vamos|voy+a _ .. mirar|preguntar|consultar|comprobar|preparar|revisar",
            "en+breve|mañana|luego|enseguida te|le|os|les",
            "lo|te|le|os|voy|vamos|déjame|ahora|un|me miro|consulto|pregunto|digo|confirmo|compruebo|aviso|llamo|informo|envío|mando|preparo|a+mirar|a+preguntar|a+consultar|a+comprobar|comento|decimos|enviamos|entero",
            "un momento|segundo|momentito",
            "consulto|pregunto|compruebo|consultamos|miramos|preguntamos",
            "te|le|os|les llamamos|llamará|llamaremos|escribimos|avisamos|enviaremos|diremos|contestamos|respondemos",
        ],
    ),
    (
        Act::Promo,
        &[
            "newsletter|boletín|promoción|promo|oferta|ofertas|rebajas|descuento|aprovecha|descubre|novedades|sorteo",
            "% _ de|en",
            "a tod*|queridos|querid* _ clientes|socios|clientas|amigos",
        ],
    ),
    (
        Act::Booked,
        &[
            "reservad*|apuntad*|confirmad*|anotad*|agendad*",
            "te esperamos|os esperamos|le esperamos|nos vemos|hasta el _",
        ],
    ),
    (
        Act::AsksDocs,
        &[
            "podrías|podría|puedes|puede|podéis|por+favor|necesitamos|necesito|nos falta|falta|faltan|hace+falta|mándanos|envíanos|envíenos|manda|envía|adjunta|rellena _",
        ],
    ),
    (
        Act::AsksInfo,
        &["^ _ qué|cuándo|cuánto*|cuánta*|cuál*|dónde|cómo"],
    ),
    (
        Act::AsksFeedback,
        &["qué+tal|content*|todo+bien|ha+ido|te+ha+gustado|opinión|reseña|satisfech*"],
    ),
    (
        Act::Invites,
        &[
            "avís*|dime|díganos|dínos|dinos|cuéntame|quedo|quedamos|cuando+quieras|sin+prisa|tómate|tómese|nos+dices|me+dices",
        ],
    ),
    (
        Act::Regrets,
        &[
            "qué+pena|lástima|otra+vez+será|mucha+suerte|que+vaya+bien|enhorabuena|gracias+por+avisar",
            "cancelada|cancelado|anulada",
        ],
    ),
    (
        Act::Offers,
        &[
            "adjunto|aquí|envío|mando .. presupuesto|oferta|tarifa*|precios|catálogo|propuesta|factura",
            "el|nuestro|su|tu presupuesto|oferta|propuesta",
        ],
    ),
    (
        Act::OptOut,
        &[
            "no _ me|nos _ .. escrib*|mand*|envi*|contact*|molest* _ más|nunca|$",
            "no|sin|ni|basta _ más|de _ mensajes|mensaje|correos|publicidad|whatsapps|recordatorios|sms|propaganda|notificaciones",
            "quit*|borr*|elimin*|saca*|bórr*|sác*|quít* _ .. lista|número|datos|contactos|base|agenda|móvil|teléfono",
            "dej* _ .. escrib*|mandar|enviar|molestar|contactar",
            "me _ borr*|quit*|elimin*|saq* _ .. lista|datos|contactos",
            "darme|dadme|deme|date+de|quiero+la baja|de+baja _ .. lista|boletín|mensajes|newsletter|$",
            "no|dejen|dejad|dejar|deja|basta|paren|nunca|parad|para|ya _ .. escrib*|mandes|mandéis|manden|mensajes|mensaje|contact*|mandar|enviar|envíen|enviéis|envíes|molest*|publicidad|correos|whatsapps",
            "no _ quiero|deseo|queremos|quisiera|me+interesa _ .. recibir|mensajes|correos|publicidad|contacten|escriban|escribáis|escribas|más+mensajes",
            "dar*|dadme|darme|denme|dame|quiero|me+da|doy _ de baja",
            "baja _ lista|newsletter|boletín|mensajes|publicidad",
            "borr*|elimin*|quit*|saca* _ .. lista|número|datos|contacto|teléfono|agenda",
            "dejadme|déjenme|dejarme|déjame|dejen|dejad _ en paz|tranquil*",
        ],
    ),
    (Act::MaybeOptOut, &["stop|basta|parad|baja", "no _ llam*"]),
    (
        Act::OptIn,
        &[
            "borr*|quit*|elimin*|cancel*|anul* _ .. pedido|reserva|cita|clase|plato|extra|foto",
            "no|ningún|nunca _ he|ha|hemos|he+visto _ recibid*|llegad*|visto",
            "no me ha llegado|llega",
            "baja|cancelar|anular|cancela|anula _ .. cita|reserva|pedido|clase|visita|suscripción|cobro",
            "por error|sin querer|volver a recibir|otra vez en la lista",
        ],
    ),
    (
        Act::Planted,
        &[
            "^ _ sistema|system ,",
            "ignora* _ .. instrucciones|reglas|normas",
            "nota|mensaje|aviso _ bot|asistente|ia|robot|sistema",
            "marca|considera|trata|cierra _ .. como|este|esta",
            "applies|opt_out|prompt|disparador",
        ],
    ),
];
