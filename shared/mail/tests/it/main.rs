//! The crate from outside: templates in, mails out.

#[cfg(test)]
mod built_in;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rendering;
#[cfg(test)]
mod saving;

#[cfg(test)]
mod world {
    use domain::settings::Locale;
    use mail::link::Link;
    use mail::{Footer, FooterClass, Surroundings, Theme};

    /// What is around a mail in all these tests.
    pub(crate) struct World {
        pub(crate) theme: Theme,
        pub(crate) footer: Footer,
        pub(crate) address: Vec<String>,
    }

    impl World {
        pub(crate) fn new() -> Self {
            Self {
                theme: Theme::default(),
                footer: Footer::Customer {
                    class: FooterClass::Transactional,
                    unsubscribe: link("https://links.example.org/u/7hq2"),
                    preferences: Some(link("https://links.example.org/p/7hq2")),
                    why: Some(link("https://links.example.org/w/7hq2")),
                },
                address: vec!["Torstraße 12".to_owned(), "10119 Berlin".to_owned()],
            }
        }

        pub(crate) fn around(&self, locale: Locale) -> Surroundings<'_> {
            Surroundings {
                locale,
                business_name: "Studio <Mitte> & Söhne",
                address: &self.address,
                theme: &self.theme,
                footer: &self.footer,
            }
        }
    }

    pub(crate) fn link(text: &str) -> Link {
        Link::parse(text).unwrap()
    }
}
