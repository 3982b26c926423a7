//! Time that this process has run on a processor, where that can be told.

/// A moment to measure from.
pub struct Clock(f64);

impl Clock {
    pub fn start() -> Clock {
        Clock(seconds())
    }

    /// Seconds since.
    pub fn seconds(&self) -> f64 {
        seconds() - self.0
    }
}

#[cfg(unix)]
fn seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists on every Unix, and `time` is there to be written.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(code, 0, "no such clock");
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Elsewhere the time on the wall has to do.
#[cfg(not(unix))]
fn seconds() -> f64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_secs_f64()
}
