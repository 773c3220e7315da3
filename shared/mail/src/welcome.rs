//! `##{{welcomeMessage}}`: what a class says to those who book it.

/// The class's own text wins over that of the template it was made from. Empty without either;
/// blank counts as none.
#[must_use]
pub fn welcome_message<'t>(class: Option<&'t str>, class_template: Option<&'t str>) -> &'t str {
    let texts = [class, class_template].into_iter().flatten().map(str::trim);
    texts
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mo_18_the_class_wins_over_its_template() {
        assert_eq!(
            welcome_message(Some("Matte mitbringen"), Some("Hallo")),
            "Matte mitbringen"
        );
        assert_eq!(welcome_message(None, Some("Hallo")), "Hallo");
        assert_eq!(welcome_message(Some(" "), Some("Hallo")), "Hallo");
        assert_eq!(welcome_message(None, None), "");
    }
}
