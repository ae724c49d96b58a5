//! End-to-end tests: Chromium on real pages, the real server, the sandbox. All of it is in `tests/`.
