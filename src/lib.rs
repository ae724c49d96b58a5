//! The widget: a client books and pays by card.
