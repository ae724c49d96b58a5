//! Makes the folder of the pages before `rust-embed` looks for it: a server that was built before the pages would otherwise
//! never find them. `cargo xtask pages` fills it.

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // They are compiled in.
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=../dist");
    std::fs::create_dir_all("../dist")
}
