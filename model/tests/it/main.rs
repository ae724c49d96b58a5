//! Explores the protocol and its broken brothers.

mod broken;
mod sound;
