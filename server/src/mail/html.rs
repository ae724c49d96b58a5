//! A letter as HTML: the same words, with the salon's name above and its address as a button.

use maud::{DOCTYPE, Markup, html};

use crate::store::salon::SalonRecord;

const PAGE: &str =
    "margin:0;padding:24px 16px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif";
const BUTTON: &str = "display:inline-block;padding:12px 20px;border-radius:10px;background:#2f5d7c;color:#ffffff;\
                      font-weight:600;text-decoration:none";

/// The text of a letter, drawn: paragraphs stay paragraphs, an address on a line of its own becomes a button. All that came from
/// people is escaped.
#[must_use]
pub fn of(salon: &SalonRecord, subject: &str, body: &str) -> String {
    let name = &salon.salon.name;
    let markup = html! {
        (DOCTYPE)
        html {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (subject) }
            }
            body style=(PAGE) {
                div style="max-width:34rem;margin:0 auto" {
                    p style="font-weight:600;font-size:18px" { (name) }
                    @for paragraph in body.split("\n\n") { (drawn(paragraph)) }
                }
            }
        }
    };
    markup.into_string()
}

fn drawn(paragraph: &str) -> Markup {
    let is_address = |text: &str| {
        (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(char::is_whitespace)
    };
    html! {
        p {
            @for (nth, line) in paragraph.lines().enumerate() {
                @if nth > 0 { br; }
                @let text = line.trim();
                @if is_address(text) {
                    a href=(text) style=(BUTTON) { (short(text)) }
                } @else { (text) }
            }
        }
    }
}

/// An address as it stands on a button: without what only a machine reads.
fn short(address: &str) -> &str {
    let host = address.split("://").nth(1).unwrap_or(address);
    host.split('/').next().unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::drawn;

    #[test]
    fn what_people_wrote_is_text_and_an_address_of_its_own_a_button() {
        let page =
            drawn("Hello <b>Ada</b>,\n  2 < 3\nhttps://booking.example/pay/vl_1\nsee https://x.example")
                .into_string();
        assert!(
            page.contains("Hello &lt;b&gt;Ada&lt;/b&gt;,<br>2 &lt; 3<br>"),
            "{page}"
        );
        assert!(
            page.contains("<a href=\"https://booking.example/pay/vl_1\""),
            "{page}"
        );
        assert!(page.contains(">booking.example</a>"), "{page}");
        assert_eq!(page.matches("<a ").count(), 1);
        assert!(!drawn("javascript:alert(1)").into_string().contains("<a "));
    }
}
