//! Memory for a program of one page and one thread: blocks of powers of two, and a list of free ones for each size.
//!
//! The allocator of the standard library for WebAssembly is built for programs that run for days with gigabytes. It weighs
//! more than any screen of the widget (docs/decisions/0010-the-widgets-bytes.md). This one never joins blocks and never gives
//! any back to the browser: a page that does the same thing again uses the same blocks again.

#![no_std]

#[cfg(test)]
extern crate std;

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
    ptr,
};

/// What the browser is asked for at once: a page of WebAssembly's memory. Larger blocks are asked for by themselves.
const PAGE: usize = 65_536;
/// The smallest block. All blocks are multiples of it, so all begin at one.
const SMALLEST: usize = 16;

/// The memory.
pub struct Heap {
    /// The first free block of 2^n bytes, for each n; in its first word stands the next one.
    free: [Cell<*mut u8>; 32],
    /// What nobody had yet of the last page.
    next: Cell<*mut u8>,
    left: Cell<usize>,
}

impl Heap {
    /// No memory yet.
    #[must_use]
    pub const fn new() -> Heap {
        Heap {
            free: [const { Cell::new(ptr::null_mut()) }; 32],
            next: Cell::new(ptr::null_mut()),
            left: Cell::new(0),
        }
    }

    /// A block that nobody had before; null when there is no memory left.
    fn fresh(&self, size: usize) -> *mut u8 {
        if size >= PAGE {
            return more(size);
        }
        if self.left.get() < size {
            let page = more(PAGE);
            if page.is_null() {
                return page;
            }
            // What is left of the page before is smaller than this block, and is let go.
            self.next.set(page);
            self.left.set(PAGE);
        }
        let block = self.next.get();
        self.next.set(block.wrapping_add(size));
        self.left.set(self.left.get() - size);
        block
    }

    /// The size of the blocks for a layout, and their list; `None` for what nobody asks for: larger than memory can be, or
    /// at addresses rounder than the smallest block's.
    fn list(&self, layout: Layout) -> Option<(usize, &Cell<*mut u8>)> {
        if layout.align() > SMALLEST {
            return None;
        }
        let size = layout.size().max(SMALLEST).checked_next_power_of_two()?;
        let list = self.free.get(usize::try_from(size.trailing_zeros()).ok()?)?;
        Some((size, list))
    }
}

impl Default for Heap {
    fn default() -> Heap {
        Heap::new()
    }
}

// SAFETY: without atomics there is no second thread that could see it.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
unsafe impl Sync for Heap {}

// SAFETY: a block is in nobody's hands but its owner's, or in one list: `alloc` takes it from there or from what nobody had
// yet, `dealloc` puts it into the list of its size, which its layout says again. A block is at least as large as its layout,
// and begins at a multiple of `SMALLEST`: pages do, and all that is cut from them is a multiple of it. Nothing here panics.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((size, list)) = self.list(layout) else {
            return ptr::null_mut();
        };
        let block = list.get();
        if block.is_null() {
            return self.fresh(size);
        }
        // SAFETY: a free block holds the next one in its first word (`dealloc`), and is aligned for it.
        list.set(unsafe { block.cast::<*mut u8>().read() });
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some((_, list)) = self.list(layout) {
            // SAFETY: the block was its owner's until now, has room for a word, and is aligned for it.
            unsafe { block.cast::<*mut u8>().write(list.get()) };
            list.set(block);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that this size is a valid one for this alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        let has = self.list(layout).map(|(size, _)| size);
        if has.is_some_and(|has| self.list(wanted).is_some_and(|(wants, _)| wants == has)) {
            return block;
        }
        // SAFETY: a layout with a size, as the caller promises.
        let new = unsafe { self.alloc(wanted) };
        if !new.is_null() {
            // SAFETY: both are at least as large as what is copied, and one is new. The old one goes back by its own layout.
            unsafe {
                ptr::copy_nonoverlapping(block, new, layout.size().min(size));
                self.dealloc(block, layout);
            }
        }
        new
    }
}

/// Memory that nobody had before, at a multiple of [`PAGE`]; null when there is no more. `size` is a multiple of it.
#[cfg(target_arch = "wasm32")]
fn more(size: usize) -> *mut u8 {
    match core::arch::wasm32::memory_grow(0, size / PAGE) {
        usize::MAX => ptr::null_mut(),
        pages => ptr::with_exposed_provenance_mut(pages * PAGE),
    }
}

/// The same where the tests run.
#[cfg(not(target_arch = "wasm32"))]
fn more(size: usize) -> *mut u8 {
    extern crate std;
    match Layout::from_size_align(size, PAGE) {
        // SAFETY: a page is not nothing.
        Ok(layout) => unsafe { std::alloc::System.alloc(layout) },
        Err(_) => ptr::null_mut(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap_or(Layout::new::<u64>())
    }

    /// A block with a byte of its own in every place.
    struct Block {
        at: *mut u8,
        size: usize,
        mark: u8,
    }

    impl Block {
        fn new(heap: &Heap, size: usize, mark: u8) -> Block {
            // SAFETY: the size is not 0, and the block is as large as was asked for.
            let at = unsafe {
                let at = heap.alloc(layout(size));
                at.write_bytes(mark, size);
                at
            };
            assert_eq!(at.addr() % SMALLEST, 0);
            Block { at, size, mark }
        }

        fn check(&self) {
            for place in 0..self.size {
                // SAFETY: within the block.
                assert_eq!(unsafe { self.at.add(place).read() }, self.mark);
            }
        }

        fn resize(&mut self, heap: &Heap, size: usize) {
            self.check();
            // SAFETY: it came from there with this layout.
            self.at = unsafe { heap.realloc(self.at, layout(self.size), size) };
            self.size = self.size.min(size);
            self.check();
            self.size = size;
            // SAFETY: the block is as large as was asked for.
            unsafe { self.at.write_bytes(self.mark, size) };
        }

        fn give_back(self, heap: &Heap) {
            self.check();
            // SAFETY: it came from there with this layout.
            unsafe { heap.dealloc(self.at, layout(self.size)) };
        }
    }

    #[test]
    fn blocks_never_overlap_whatever_is_taken_resized_and_given_back() {
        let heap = Heap::new();
        let mut blocks: Vec<Block> = Vec::new();
        let mut random = 88_172_645_463_325_252_u64;
        let rounds = if cfg!(miri) { 300 } else { 20_000 };
        for round in 0..rounds {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let number = usize::try_from(random >> 33).unwrap_or_default();
            let size = match number % 50 {
                0 => 60_000 + number % 90_000,
                1..10 => 1 + number % 3_000,
                _ => 1 + number % 100,
            };
            match number % 7 {
                0..3 => blocks.push(Block::new(
                    &heap,
                    size,
                    u8::try_from(round % 251).unwrap_or_default(),
                )),
                3 | 4 if !blocks.is_empty() => {
                    let at = number % blocks.len();
                    blocks.swap_remove(at).give_back(&heap);
                }
                _ => {
                    let count = blocks.len().max(1);
                    if let Some(block) = blocks.get_mut(number % count) {
                        block.resize(&heap, size);
                    }
                }
            }
        }
        for block in blocks {
            block.give_back(&heap);
        }
    }

    #[test]
    fn what_is_given_back_is_used_again() {
        let heap = Heap::new();
        let first = Block::new(&heap, 100, 1);
        let at = first.at;
        let second = Block::new(&heap, 100, 2);
        first.give_back(&heap);
        let third = Block::new(&heap, 128, 3);
        assert_eq!(third.at, at);
        second.check();
        third.check();
    }

    #[test]
    fn it_grows_in_place_while_there_is_room() {
        let heap = Heap::new();
        let mut block = Block::new(&heap, 17, 1);
        let at = block.at;
        block.resize(&heap, 32);
        assert_eq!(block.at, at);
        block.resize(&heap, 33);
        assert_ne!(block.at, at);
    }

    #[test]
    fn what_it_can_t_give_is_refused() {
        let heap = Heap::new();
        for layout in [
            Layout::from_size_align(8, 32),
            Layout::from_size_align(1 << 40, 8),
        ] {
            // SAFETY: the size is not 0.
            assert!(layout.is_ok_and(|layout| unsafe { heap.alloc(layout).is_null() }));
        }
    }
}
