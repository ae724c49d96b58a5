//! What a decline means for the payer.
//!
//! Source: Stripe, "Decline codes". Matched by code alone, never by the text of a message.

use serde::{Deserialize, Serialize};

/// What a payer should do about a declined card. The words are the page's.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// Say only that the card was declined: the reason must not be told (lost, stolen, suspected fraud).
    Plain,
    /// The number is not right.
    FixNumber,
    /// The security code is not right.
    FixCvc,
    /// The expiry date is not right.
    FixExpiry,
    /// The postal code does not match.
    FixPostalCode,
    /// This card can't do it: expired, without funds, or of a kind that is not taken.
    AnotherCard,
    /// The bank wants the payer's confirmation, and did not get it.
    Authenticate,
    /// A passing fault: the same card again in a moment.
    OnceMore,
    /// The bank has just seen the same payment: look whether the booking is paid before trying again.
    MaybePaid,
    /// Anything else: ask the bank, or use another card.
    AskBank,
}

impl Decline {
    /// The class of Stripe's `code` and `decline_code` (the latter says more, where there is one).
    ///
    /// ```
    /// use domain::decline::Decline;
    /// assert_eq!(Decline::of(Some("card_declined"), Some("lost_card")), Decline::Plain);
    /// assert_eq!(Decline::of(Some("expired_card"), None), Decline::AnotherCard);
    /// assert_eq!(Decline::of(Some("card_declined"), Some("brand_new_code")), Decline::AskBank);
    /// ```
    #[must_use]
    pub fn of(code: Option<&str>, decline_code: Option<&str>) -> Decline {
        decline_code
            .and_then(known)
            .or_else(|| code.and_then(known))
            .unwrap_or(Decline::AskBank)
    }

    /// The class as the text it is stored as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        NAMES
            .iter()
            .find(|(class, _)| *class == self)
            .map_or("ask_bank", |(_, name)| name)
    }

    /// Reads what [`Decline::as_str`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Decline> {
        NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(class, _)| *class)
    }
}

const NAMES: [(Decline, &str); 10] = [
    (Decline::Plain, "plain"),
    (Decline::FixNumber, "fix_number"),
    (Decline::FixCvc, "fix_cvc"),
    (Decline::FixExpiry, "fix_expiry"),
    (Decline::FixPostalCode, "fix_postal_code"),
    (Decline::AnotherCard, "another_card"),
    (Decline::Authenticate, "authenticate"),
    (Decline::OnceMore, "once_more"),
    (Decline::MaybePaid, "maybe_paid"),
    (Decline::AskBank, "ask_bank"),
];

fn known(code: &str) -> Option<Decline> {
    Some(match code {
        "fraudulent" | "lost_card" | "stolen_card" | "merchant_blacklist" | "pickup_card"
        | "restricted_card" => Decline::Plain,
        "incorrect_number" | "invalid_number" => Decline::FixNumber,
        "incorrect_cvc" | "invalid_cvc" => Decline::FixCvc,
        "invalid_expiry_month" | "invalid_expiry_year" => Decline::FixExpiry,
        "incorrect_zip" => Decline::FixPostalCode,
        "expired_card"
        | "insufficient_funds"
        | "card_not_supported"
        | "currency_not_supported"
        | "withdrawal_count_limit_exceeded" => Decline::AnotherCard,
        "authentication_required" | "payment_intent_authentication_failure" => Decline::Authenticate,
        "processing_error" | "issuer_not_available" | "try_again_later" | "reenter_transaction" => {
            Decline::OnceMore
        }
        "duplicate_transaction" => Decline::MaybePaid,
        _ => return None,
    })
}
