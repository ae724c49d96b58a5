//! The server over HTTP: a real database, real signatures, the sandbox at Stripe's place.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic; the helpers of these tests are no test functions themselves"
)]

mod agreed;
mod binary;
mod books;
mod busy_account;
mod cancelling;
mod claims;
mod complaints;
mod deadlines;
mod declines;
mod desk;
mod disputes;
mod doors;
mod edges;
mod elsewhere;
mod ends;
mod fees;
mod files;
mod found;
mod harness;
mod headers;
mod holds;
mod life;
mod line;
mod log;
mod made_up;
mod mail;
mod manage;
mod messages;
mod modes;
mod money;
mod office_about;
mod office_catalogue;
mod office_disputes;
mod office_doors;
mod office_fees;
mod office_figures;
mod office_methods;
mod office_moving;
mod office_refunds;
mod office_reports;
mod office_terms;
mod office_visits;
mod pages;
mod pay;
mod payouts;
mod postgres;
mod postgres_database;
mod processes;
mod processes_binary;
mod processes_jobs;
mod processes_migrations;
mod processing;
mod refund_trouble;
mod replay;
mod rest;
mod search;
mod secrets;
mod secrets_binary;
mod server_books;
mod slow;
mod tampered;
mod tips;
mod trouble;
mod unheard;
mod unsent;
mod visits;
mod webhooks;
mod worker;
