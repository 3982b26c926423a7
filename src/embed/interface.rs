//! The functions of the interface in C, as `flowline.h` declares them. Each takes its pointers apart and calls
//! [`Handle`]; none lets a panic out.
//!
//! Pointers are the caller's word: that a run is one that `flowline_create` gave and that is not destroyed, that
//! texts end in 0, and that blocks have the bytes they are said to have. Null pointers are found.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::base::Ticks;
use crate::kernel::object::Descriptor;

use super::handle::Handle;
use super::linked::Object;
use super::{Code, INTERFACE, Refused};

/// `flowline_run`: a handle, and the texts of it that C reads.
pub struct FlowlineRun {
    handle: Handle,
    name: CString,
    parameters: Vec<CString>,
    figures: Vec<[CString; 4]>,
    results: CString,
}

const OK: c_int = 0;
const REACHED: c_int = 1;

thread_local! {
    /// Why the last call failed.
    static ERROR: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// A text for C; a 0 within it becomes a blank.
fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}

/// Runs a call: its refusal becomes a number and a text, and so does a panic.
fn guarded(call: impl FnOnce() -> Result<c_int, Refused>) -> c_int {
    let refused = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(code)) => return code,
        Ok(Err(refused)) => refused,
        Err(_) => Refused::new(Code::Internal, "a bug of flowline: this run can only be destroyed"),
    };
    ERROR.with(|e| *e.borrow_mut() = Some(c_text(&refused.words)));
    refused.code.number()
}

fn null(what: &str) -> Refused {
    Refused::new(Code::BadArgument, format!("{what} is a null pointer"))
}

/// A text from C.
///
/// # Safety
/// `text` is null or ends in 0.
unsafe fn text<'a>(text: *const c_char, what: &str) -> Result<&'a str, Refused> {
    if text.is_null() {
        return Err(null(what));
    }
    // SAFETY: not null, and the caller vouches for the 0.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|_| Refused::new(Code::BadArgument, format!("{what} is not UTF-8")))
}

/// A run from C.
///
/// # Safety
/// `run` is null or from `flowline_create`, not destroyed, and used by this thread only.
unsafe fn run_of<'a>(run: *mut FlowlineRun) -> Result<&'a mut FlowlineRun, Refused> {
    // SAFETY: the caller vouches for it.
    unsafe { run.as_mut() }.ok_or_else(|| null("the run"))
}

/// As [`run_of`], to look at.
///
/// # Safety
/// As [`run_of`].
unsafe fn seen<'a>(run: *const FlowlineRun) -> Result<&'a FlowlineRun, Refused> {
    // SAFETY: the caller vouches for it.
    unsafe { run.as_ref() }.ok_or_else(|| null("the run"))
}

/// Writes a result to C.
///
/// # Safety
/// `to` is null or may be written to.
unsafe fn give<T>(to: *mut T, value: T, what: &str) -> Result<(), Refused> {
    if to.is_null() {
        return Err(null(what));
    }
    // SAFETY: not null, and the caller vouches for it; what is there is not read.
    unsafe { to.write(value) };
    Ok(())
}

/// What a run shows, or a value that stands for "no run".
///
/// # Safety
/// As [`run_of`].
unsafe fn shown<T>(run: *const FlowlineRun, none: T, show: impl FnOnce(&FlowlineRun) -> T) -> T {
    let mut value = none;
    guarded(|| {
        // SAFETY: the caller vouches for it.
        value = show(unsafe { seen(run) }?);
        Ok(OK)
    });
    value
}

impl FlowlineRun {
    fn new(handle: Handle) -> FlowlineRun {
        let (name, results) = (CString::default(), CString::default());
        let mut run = FlowlineRun { handle, name, parameters: Vec::new(), figures: Vec::new(), results };
        run.take_texts();
        run
    }

    /// Texts that may change when a parameter is set.
    fn take_texts(&mut self) {
        let plant = self.handle.plant();
        self.name = c_text(&plant.name);
        self.parameters = plant.parameters.iter().map(|p| c_text(p)).collect();
        let of = |n: &super::handle::Named| [&n.section, &n.entity, &n.item, &n.measure].map(|t| c_text(t));
        self.figures = self.handle.named().iter().map(of).collect();
    }
}

/// See `flowline.h`.
#[unsafe(no_mangle)]
pub extern "C" fn flowline_interface() -> u32 {
    INTERFACE
}

/// See `flowline.h`.
#[unsafe(no_mangle)]
pub extern "C" fn flowline_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// See `flowline.h`.
#[unsafe(no_mangle)]
pub extern "C" fn flowline_error() -> *const c_char {
    ERROR.with(|e| e.borrow().as_ref().map_or(c"".as_ptr(), |text| text.as_ptr()))
}

/// See `flowline.h`.
///
/// # Safety
/// `line` is what a function of an object of `flowline build` gave, `run` can be written to; either may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_create(
    line: *const Descriptor,
    seed: u64,
    replication: u64,
    run: *mut *mut FlowlineRun,
) -> c_int {
    guarded(|| {
        // SAFETY: the caller vouches for both.
        let object = unsafe {
            give(run, std::ptr::null_mut(), "where the run is to be put")?;
            Object::read(line)
        }?;
        let made = Box::new(FlowlineRun::new(Handle::create(object, seed, replication)?));
        // SAFETY: as above.
        unsafe { give(run, Box::into_raw(made), "where the run is to be put") }?;
        Ok(OK)
    })
}

/// See `flowline.h`.
///
/// # Safety
/// `run` is null or from [`flowline_create`], and not destroyed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_destroy(run: *mut FlowlineRun) {
    guarded(|| {
        if !run.is_null() {
            // SAFETY: it was made by `Box::into_raw`, and is given back once.
            drop(unsafe { Box::from_raw(run) });
        }
        Ok(OK)
    });
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_set(run: *mut FlowlineRun, name: *const c_char, value: *const c_char) -> c_int {
    guarded(|| {
        // SAFETY: the caller vouches for all three.
        let (run, name, value) = unsafe { (run_of(run)?, text(name, "the name")?, text(value, "the value")?) };
        let set = run.handle.set(name, value);
        if set.is_ok() {
            run.take_texts();
        }
        set.map(|()| OK)
    })
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_begin(run: *mut FlowlineRun, seed: u64, replication: u64) -> c_int {
    // SAFETY: the caller vouches for it.
    guarded(|| unsafe { run_of(run) }?.handle.begin(seed, replication).map(|()| OK))
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_advance(run: *mut FlowlineRun, to_ns: i64) -> c_int {
    guarded(|| {
        // SAFETY: the caller vouches for it.
        let reached = unsafe { run_of(run) }?.handle.advance(Ticks(to_ns))?;
        Ok(if reached { REACHED } else { OK })
    })
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_measure(run: *mut FlowlineRun) -> c_int {
    // SAFETY: the caller vouches for it.
    guarded(|| unsafe { run_of(run) }?.handle.measure().map(|()| OK))
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_now(run: *const FlowlineRun) -> i64 {
    // SAFETY: the caller vouches for it.
    unsafe { shown(run, -1, |r| r.handle.now().0) }
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_events(run: *const FlowlineRun) -> u64 {
    // SAFETY: the caller vouches for it.
    unsafe { shown(run, 0, |r| r.handle.events()) }
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_horizon(run: *const FlowlineRun) -> i64 {
    // SAFETY: the caller vouches for it.
    unsafe { shown(run, -1, |r| r.handle.plant().run.horizon.map_or(-1, |t| t.0)) }
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_warmup(run: *const FlowlineRun) -> i64 {
    // SAFETY: the caller vouches for it.
    unsafe { shown(run, -1, |r| r.handle.plant().run.warmup.0) }
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_seed(run: *const FlowlineRun) -> u64 {
    // SAFETY: the caller vouches for it.
    unsafe { shown(run, 0, |r| r.handle.plant().run.seed) }
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_name(run: *const FlowlineRun) -> *const c_char {
    // SAFETY: the caller vouches for it.
    unsafe { shown(run, std::ptr::null(), |r| r.name.as_ptr()) }
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_parameters(run: *const FlowlineRun) -> usize {
    // SAFETY: the caller vouches for it.
    unsafe { shown(run, 0, |r| r.parameters.len()) }
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_parameter(run: *const FlowlineRun, index: usize) -> *const c_char {
    // SAFETY: the caller vouches for it.
    unsafe { shown(run, std::ptr::null(), |r| r.parameters.get(index).map_or(std::ptr::null(), |p| p.as_ptr())) }
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_figures(run: *const FlowlineRun) -> usize {
    // SAFETY: the caller vouches for it.
    unsafe { shown(run, 0, |r| r.figures.len()) }
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_figure(
    run: *const FlowlineRun,
    index: usize,
    section: *mut *const c_char,
    entity: *mut *const c_char,
    item: *mut *const c_char,
    measure: *mut *const c_char,
) -> c_int {
    guarded(|| {
        // SAFETY: the caller vouches for it.
        let run = unsafe { seen(run) }?;
        let Some(names) = run.figures.get(index) else {
            let words = format!("there are {} figures, and none {index}", run.figures.len());
            return Err(Refused::new(Code::BadArgument, words));
        };
        for (to, text) in [section, entity, item, measure].into_iter().zip(names) {
            // SAFETY: the caller vouches for it.
            unsafe { give(to, text.as_ptr(), "where a name is to be put") }?;
        }
        Ok(OK)
    })
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_find(
    run: *const FlowlineRun,
    section: *const c_char,
    entity: *const c_char,
    item: *const c_char,
    measure: *const c_char,
    index: *mut usize,
) -> c_int {
    guarded(|| {
        // SAFETY: the caller vouches for all of them.
        unsafe {
            let (section, entity) = (text(section, "the section")?, text(entity, "the entity")?);
            let (item, measure) = (text(item, "the item")?, text(measure, "the measure")?);
            let found = seen(run)?.handle.find(section, entity, item, measure)?;
            give(index, found, "where the number is to be put")?;
        }
        Ok(OK)
    })
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_read(run: *mut FlowlineRun, index: usize, value: *mut f64) -> c_int {
    guarded(|| {
        // SAFETY: the caller vouches for both.
        unsafe { give(value, run_of(run)?.handle.value(index)?, "where the value is to be put") }?;
        Ok(OK)
    })
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_results(run: *mut FlowlineRun, json: *mut *const c_char) -> c_int {
    guarded(|| {
        // SAFETY: the caller vouches for it.
        let run = unsafe { run_of(run) }?;
        run.results = c_text(&run.handle.results()?);
        // SAFETY: the caller vouches for it.
        unsafe { give(json, run.results.as_ptr(), "where the text is to be put") }?;
        Ok(OK)
    })
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_state_size(run: *const FlowlineRun) -> usize {
    // SAFETY: the caller vouches for it.
    unsafe { shown(run, 0, |r| r.handle.state().bytes()) }
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_save(run: *const FlowlineRun, block: *mut c_void, bytes: usize) -> c_int {
    guarded(|| {
        // SAFETY: the caller vouches for it.
        let run = unsafe { seen(run) }?;
        if block.is_null() {
            return Err(null("the block"));
        }
        // Only what is needed is made a slice, however much room there is said to be.
        let state = run.handle.state();
        let room = bytes.min(state.bytes());
        // SAFETY: not null, and the caller vouches for the bytes; any bits are bytes once they are written, and none
        // is read before.
        unsafe { block.cast::<u8>().write_bytes(0, room) };
        // SAFETY: as above.
        state.write(unsafe { std::slice::from_raw_parts_mut(block.cast(), room) })?;
        Ok(OK)
    })
}

/// See `flowline.h`.
///
/// # Safety
/// Pointers are as the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flowline_restore(run: *mut FlowlineRun, block: *const c_void, bytes: usize) -> c_int {
    guarded(|| {
        // SAFETY: the caller vouches for it.
        let run = unsafe { run_of(run) }?;
        if block.is_null() {
            return Err(null("the block"));
        }
        if isize::try_from(bytes).is_err() {
            return Err(Refused::new(Code::BadArgument, "no block has so many bytes"));
        }
        // SAFETY: not null, and the caller vouches for the bytes.
        run.handle.restore(unsafe { std::slice::from_raw_parts(block.cast(), bytes) })?;
        Ok(OK)
    })
}
