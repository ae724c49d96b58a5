//! The test cards and what each of them does.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::errors::ApiError;

/// A refusal by the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decline {
    Generic,
    InsufficientFunds,
    Lost,
    Stolen,
    Expired,
    WrongCvc,
    Processing,
}

/// Why a payment is disputed soon after it succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeKind {
    Fraudulent,
    NotReceived,
    /// An inquiry: `warning_needs_response`, no money moves.
    Inquiry,
}

/// When the bank wants the payer to authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    Never,
    /// When the payer is there; without the payer the charge fails.
    Always,
    /// Until the card was set up for later charges; from then on not without the payer.
    UnlessSetUp,
    /// When the payer is there; set up already, so a later charge passes.
    SetUpAlready,
}

/// What becomes of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundFate {
    Succeeds,
    /// Pending first, then fine.
    Pending,
    /// Fine first, then failed.
    Fails,
}

/// One test card.
#[derive(Debug)]
pub struct TestCard {
    pub number: &'static str,
    /// The ready-made payment method (`pm_card_…`).
    pub alias: &'static str,
    pub label: &'static str,
    pub brand: &'static str,
    pub country: &'static str,
    pub challenge: Challenge,
    pub decline: Option<Decline>,
    /// Can be saved although charges of it are declined.
    pub saves: bool,
    pub dispute: Option<DisputeKind>,
    pub refund: RefundFate,
}

const fn card(number: &'static str, alias: &'static str, label: &'static str) -> TestCard {
    TestCard {
        number,
        alias,
        label,
        brand: "visa",
        country: "US",
        challenge: Challenge::Never,
        decline: None,
        saves: false,
        dispute: None,
        refund: RefundFate::Succeeds,
    }
}

const fn declined(
    number: &'static str,
    alias: &'static str,
    label: &'static str,
    decline: Decline,
) -> TestCard {
    TestCard {
        decline: Some(decline),
        ..card(number, alias, label)
    }
}

const fn challenged(
    number: &'static str,
    alias: &'static str,
    label: &'static str,
    challenge: Challenge,
    decline: Option<Decline>,
) -> TestCard {
    TestCard {
        challenge,
        decline,
        ..card(number, alias, label)
    }
}

const fn disputed(
    number: &'static str,
    alias: &'static str,
    label: &'static str,
    kind: DisputeKind,
) -> TestCard {
    TestCard {
        dispute: Some(kind),
        ..card(number, alias, label)
    }
}

/// Every card the sandbox knows.
pub const TEST_CARDS: &[TestCard] = &[
    card("4242424242424242", "pm_card_visa", "Visa, succeeds"),
    TestCard {
        brand: "mastercard",
        ..card("5555555555554444", "pm_card_mastercard", "Mastercard, succeeds")
    },
    TestCard {
        brand: "amex",
        ..card("378282246310005", "pm_card_amex", "American Express, succeeds")
    },
    TestCard {
        country: "DE",
        ..card("4000002760000016", "pm_card_de", "Visa from Germany, succeeds")
    },
    declined(
        "4000000000000002",
        "pm_card_visa_chargeDeclined",
        "Declined",
        Decline::Generic,
    ),
    declined(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        "Insufficient funds",
        Decline::InsufficientFunds,
    ),
    declined(
        "4000000000009987",
        "pm_card_visa_chargeDeclinedLostCard",
        "Lost card",
        Decline::Lost,
    ),
    declined(
        "4000000000009979",
        "pm_card_visa_chargeDeclinedStolenCard",
        "Stolen card",
        Decline::Stolen,
    ),
    declined(
        "4000000000000069",
        "pm_card_chargeDeclinedExpiredCard",
        "Expired card",
        Decline::Expired,
    ),
    declined(
        "4000000000000127",
        "pm_card_chargeDeclinedIncorrectCvc",
        "Wrong CVC",
        Decline::WrongCvc,
    ),
    declined(
        "4000000000000119",
        "pm_card_chargeDeclinedProcessingError",
        "Processing error",
        Decline::Processing,
    ),
    TestCard {
        saves: true,
        ..declined(
            "4000000000000341",
            "pm_card_chargeCustomerFail",
            "Can be saved, every charge declined",
            Decline::Generic,
        )
    },
    challenged(
        "4000000000003220",
        "pm_card_threeDSecure2Required",
        "3-D Secure, then succeeds",
        Challenge::Always,
        None,
    ),
    challenged(
        "4000008400001629",
        "pm_card_threeDSecureRequiredChargeDeclined",
        "3-D Secure, then declined",
        Challenge::Always,
        Some(Decline::Generic),
    ),
    challenged(
        "4000008260003178",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        "3-D Secure, then insufficient funds",
        Challenge::Always,
        Some(Decline::InsufficientFunds),
    ),
    challenged(
        "4000002760003184",
        "pm_card_authenticationRequired",
        "3-D Secure every time",
        Challenge::Always,
        None,
    ),
    challenged(
        "4000002500003155",
        "pm_card_authenticationRequiredOnSetup",
        "3-D Secure unless set up",
        Challenge::UnlessSetUp,
        None,
    ),
    challenged(
        "4000003800000446",
        "pm_card_authenticationRequiredSetupForOffSession",
        "3-D Secure, set up already",
        Challenge::SetUpAlready,
        None,
    ),
    disputed(
        "4000000000000259",
        "pm_card_createDispute",
        "Disputed as fraud",
        DisputeKind::Fraudulent,
    ),
    disputed(
        "4000000000002685",
        "pm_card_createDisputeProductNotReceived",
        "Disputed as not received",
        DisputeKind::NotReceived,
    ),
    disputed(
        "4000000000001976",
        "pm_card_createDisputeInquiry",
        "Inquiry",
        DisputeKind::Inquiry,
    ),
    TestCard {
        refund: RefundFate::Pending,
        ..card(
            "4000000000007726",
            "pm_card_pendingRefund",
            "Refund pending, then fine",
        )
    },
    TestCard {
        refund: RefundFate::Fails,
        ..card(
            "4000000000005126",
            "pm_card_refundFail",
            "Refund fine, then failed",
        )
    },
];

pub fn by_number(number: &str) -> Option<&'static TestCard> {
    TEST_CARDS.iter().find(|card| card.number == number)
}

pub fn by_alias(alias: &str) -> Option<&'static TestCard> {
    TEST_CARDS.iter().find(|card| {
        card.alias == alias || (alias == "pm_card_chargeDeclined" && card.number == "4000000000000002")
    })
}

impl Decline {
    /// The answer of a declined charge.
    pub fn error(self) -> Box<ApiError> {
        let declined = |reason: &str, message: &str| {
            ApiError::card("card_declined", message).with("decline_code", json!(reason))
        };
        match self {
            Decline::Generic => declined("generic_decline", "Your card was declined."),
            Decline::InsufficientFunds => declined("insufficient_funds", "Your card has insufficient funds."),
            Decline::Lost => declined("lost_card", "Your card was declined."),
            Decline::Stolen => declined("stolen_card", "Your card was declined."),
            Decline::Expired => ApiError::card("expired_card", "Your card has expired.").param("exp_month"),
            Decline::WrongCvc => {
                ApiError::card("incorrect_cvc", "Your card's security code is incorrect.").param("cvc")
            }
            Decline::Processing => ApiError::card(
                "processing_error",
                "An error occurred while processing your card. Try again in a little bit.",
            ),
        }
    }
}

/// A card as a payment method keeps it. Only test numbers ever get here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Card {
    pub number: String,
    pub exp_month: i64,
    pub exp_year: i64,
    pub cvc: bool,
    /// Set up for charges without the payer.
    pub set_up: bool,
}

impl Card {
    pub fn of(card: &TestCard) -> Self {
        Self {
            number: card.number.to_owned(),
            exp_month: 12,
            exp_year: 2034,
            cvc: true,
            set_up: false,
        }
    }

    pub fn test_card(&self) -> &'static TestCard {
        const PLAIN: TestCard = card("4242424242424242", "pm_card_visa", "Visa");
        by_number(&self.number).unwrap_or(&PLAIN)
    }

    pub fn last4(&self) -> &str {
        self.number
            .get(self.number.len().saturating_sub(4)..)
            .unwrap_or("")
    }

    /// `card` of a payment method.
    pub fn json(&self) -> Value {
        let card = self.test_card();
        json!({
            "brand": card.brand, "checks": self.checks(), "country": card.country, "display_brand": card.brand,
            "exp_month": self.exp_month, "exp_year": self.exp_year, "fingerprint": format!("sandbox{}", self.last4()), "funding": "credit",
            "generated_from": null, "last4": self.last4(), "networks": { "available": [card.brand], "preferred": null },
            "regulated_status": "unregulated", "three_d_secure_usage": { "supported": true }, "wallet": null,
        })
    }

    pub fn checks(&self) -> Value {
        let cvc = match (self.cvc, self.test_card().decline) {
            (false, _) => Value::Null,
            (true, Some(Decline::WrongCvc)) => json!("fail"),
            (true, _) => json!("pass"),
        };
        json!({ "address_line1_check": null, "address_postal_code_check": null, "cvc_check": cvc })
    }
}

/// Whether the digits carry a right check digit.
pub fn luhn(number: &str) -> bool {
    let mut sum = 0;
    for (place, digit) in number.chars().rev().enumerate() {
        let Some(digit) = digit.to_digit(10) else {
            return false;
        };
        sum += if place % 2 == 1 {
            digit * 2 / 10 + digit * 2 % 10
        } else {
            digit
        };
    }
    (12..=19).contains(&number.len()) && sum % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_right_and_unique() {
        for (place, card) in TEST_CARDS.iter().enumerate() {
            assert!(luhn(card.number), "{}", card.number);
            assert!(
                !TEST_CARDS[..place]
                    .iter()
                    .any(|other| other.number == card.number || other.alias == card.alias),
                "{}",
                card.number
            );
        }
        for wrong in ["4242424242424241", "4242", "", "4242 4242 4242 4242", "x"] {
            assert!(!luhn(wrong), "{wrong}");
        }
    }
}
