//! Who may do what in the back office.

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// What somebody is at a salon.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees the calendar, books, sends links, gives back small sums.
    Reception,
    /// Everything but the keys and the staff.
    Manager,
    /// Everything.
    Owner,
}

/// What a page or a button of the back office needs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Right {
    /// Being signed in: the own password, signing out.
    Own,
    /// To see and to change visits and their links.
    Visits,
    /// To give money back, up to the own limit.
    Refunds,
    /// To charge or waive fees for late cancelling and not coming.
    Fees,
    /// To see reports and to take them along as files.
    Reports,
    /// To answer disputes.
    Disputes,
    /// To change terms, services, people and their hours.
    Terms,
    /// To see who did what.
    Log,
    /// To change the keys of Stripe.
    Keys,
    /// To invite people, and to change what they may do.
    Staff,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Role; 3] = [Role::Reception, Role::Manager, Role::Owner];

    /// Whether this role has this right.
    ///
    /// ```
    /// use domain::role::{Right, Role};
    /// assert!(Role::Reception.may(Right::Visits));
    /// assert!(!Role::Manager.may(Right::Keys));
    /// ```
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        let least = match right {
            Right::Own | Right::Visits | Right::Refunds => Role::Reception,
            Right::Fees | Right::Reports | Right::Disputes | Right::Terms | Right::Log => Role::Manager,
            Right::Keys | Right::Staff => Role::Owner,
        };
        self >= least
    }

    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Reception => "Reception",
            Role::Manager => "Manager",
            Role::Owner => "Owner",
        }
    }
}

/// Whether somebody with this limit may give so much back at once. No limit: any sum. A limit in another currency allows
/// nothing.
#[must_use]
pub fn may_refund(limit: Option<Money>, sum: Money) -> bool {
    limit.is_none_or(|limit| limit.currency() == sum.currency() && sum.minor() <= limit.minor())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::currency::Currency;

    #[test]
    fn each_role_has_a_name_that_people_use() {
        assert_eq!(Role::ALL.map(Role::name), ["Reception", "Manager", "Owner"]);
    }

    #[test]
    fn each_role_has_these_rights_and_no_others() {
        use Right::*;
        for (right, roles) in [
            (Own, "rmo"),
            (Visits, "rmo"),
            (Refunds, "rmo"),
            (Fees, "mo"),
            (Reports, "mo"),
            (Disputes, "mo"),
            (Terms, "mo"),
            (Log, "mo"),
            (Keys, "o"),
            (Staff, "o"),
        ] {
            for (role, letter) in Role::ALL.into_iter().zip(['r', 'm', 'o']) {
                assert_eq!(role.may(right), roles.contains(letter), "{role:?} {right:?}");
            }
        }
    }

    #[test]
    fn a_limit_is_the_largest_refund() {
        let eur = |minor| Money::new(minor, Currency::EUR).unwrap();
        assert!(may_refund(Some(eur(5000)), eur(5000)));
        assert!(!may_refund(Some(eur(5000)), eur(5001)));
        assert!(may_refund(None, eur(9_000_000)));
        assert!(!may_refund(
            Some(Money::new(5000, Currency::parse("CHF").unwrap()).unwrap()),
            eur(1)
        ));
    }
}
