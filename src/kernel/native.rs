//! The native engine: the kernel program through Cranelift. It emits each instruction literally, so
//! that its results equal the interpreter's bit for bit.
//!
//! Native code reaches memory only through the context handed to it: the arena's address (read again
//! after every call that may move it), the constant tables, and the host.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context as ClifContext, isa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId as ModuleFuncId, Linkage, Module, ModuleReloc, default_libcall_names};

use super::host::{Host, NativeContext, host_address, host_symbol};
use super::program::{Function, HostFn, Program};
use super::translate::{self, Callees, functions_that_may_move_the_arena};

/// Programs of fewer instructions are compiled by one thread: others would have to be woken for too little.
const ALONE: usize = 500;

/// A compiled program. Its code memory lives as long as it does.
pub struct Native {
    /// Memory of code compiled in this process; `None` where the code is linked into it.
    module: Option<JITModule>,
    entry: *const u8,
}

// SAFETY: after finalization the module is only read and freed; the code at `entry` is immutable and
// keeps all its state in the context passed to each call.
unsafe impl Send for Native {}
// SAFETY: as above; concurrent calls use contexts of their own.
unsafe impl Sync for Native {}

impl Drop for Native {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: `entry` is private and no call can be running while `self` is being dropped.
            unsafe { module.free_memory() };
        }
    }
}

/// Compiled text of a program, for `flowline dump --stage clif|asm`.
#[derive(Default)]
pub struct Listing {
    /// Cranelift's intermediate form.
    pub clif: String,
    /// Machine code of this processor.
    pub assembly: String,
}

impl Native {
    /// Compiles a program for this processor.
    ///
    /// # Errors
    /// When the processor is not supported or the code generator refuses: the text says why.
    pub fn compile(program: &Program) -> Result<Native, String> {
        compile(program, None)
    }

    /// Code that was compiled ahead of time and is part of this process.
    ///
    /// # Safety
    /// `entry` must be the entry function of a program that [`super::object`] compiled with this very version of
    /// the host, and must stay in memory as long as the process runs.
    #[must_use]
    pub unsafe fn linked(entry: *const u8) -> Native {
        Native { module: None, entry }
    }

    /// Runs the entry function and returns its status word.
    pub fn run(&self, host: &mut Host) -> i64 {
        let mut context = NativeContext::new(host);
        // SAFETY: `entry` was compiled with exactly this signature and lives as long as `self`; the
        // context outlives the call, its arena address is refreshed by every host call, and the
        // program only touches offsets inside the arena (checked by the interpreter in tests).
        let entry: extern "C" fn(*mut NativeContext) -> i64 = unsafe { std::mem::transmute(self.entry) };
        entry(&raw mut context)
    }
}

/// Compiles a program and returns its listing.
///
/// # Errors
/// As [`Native::compile`].
pub fn listing(program: &Program) -> Result<Listing, String> {
    let mut listing = Listing::default();
    compile(program, Some(&mut listing))?;
    Ok(listing)
}

fn compile(program: &Program, listing: Option<&mut Listing>) -> Result<Native, String> {
    let mut flags = settings::builder();
    let set =
        |flags: &mut settings::Builder, name: &str, value: &str| flags.set(name, value).map_err(|e| e.to_string());
    set(&mut flags, "opt_level", "speed")?;
    set(&mut flags, "is_pic", "false")?;
    set(&mut flags, "enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" })?;
    let isa = cranelift_native::builder()?.finish(settings::Flags::new(flags)).map_err(|e| e.to_string())?;
    let mut jit = JITBuilder::with_isa(isa, default_libcall_names());
    for f in HostFn::ALL {
        jit.symbol(host_symbol(f), host_address(f));
    }
    let mut module = JITModule::new(jit);
    let entry = define(&mut module, program, listing)?;
    module.finalize_definitions().map_err(|e| e.to_string())?;
    let entry = module.get_finalized_function(entry);
    Ok(Native { module: Some(module), entry })
}

/// Compiles all functions of a program into a module, for code in memory and for an object file alike, and
/// returns the entry function. Functions are compiled side by side, on the threads of [`rayon`]; the code is the
/// same however many there are.
///
/// # Errors
/// When the code generator refuses: the text says why.
pub(super) fn define(
    module: &mut dyn Module,
    program: &Program,
    listing: Option<&mut Listing>,
) -> Result<ModuleFuncId, String> {
    let frontend = module.target_config();
    let mut callees = Callees {
        pointer: frontend.pointer_type(),
        convention: frontend.default_call_conv,
        functions: Vec::with_capacity(program.functions.len()),
        hosts: Vec::with_capacity(HostFn::ALL.len()),
        moves: functions_that_may_move_the_arena(program),
    };
    let signature = callees.host_signature();
    for f in HostFn::ALL {
        let id = module.declare_function(host_symbol(f), Linkage::Import, &signature).map_err(|e| e.to_string())?;
        callees.hosts.push(id);
    }
    for (i, f) in program.functions.iter().enumerate() {
        let signature = callees.signature(f);
        let id = module.declare_function(&format!("f{i}"), Linkage::Local, &signature).map_err(|e| e.to_string())?;
        callees.functions.push(id);
    }
    let mut texts = Vec::new();
    for (id, made) in callees.functions.iter().zip(side_by_side(program, &callees, module.isa(), listing.is_some())) {
        let made = made?;
        module.define_function_bytes(*id, made.alignment, &made.bytes, &made.relocations).map_err(|e| e.to_string())?;
        texts.push(made.listing);
    }
    if let Some(listing) = listing {
        for text in texts {
            listing.clif.push_str(&text.clif);
            listing.assembly.push_str(&text.assembly);
        }
    }
    callees.functions.last().copied().ok_or_else(|| "the program has no functions".to_string())
}

/// The code of a function.
struct Made {
    alignment: u64,
    bytes: Vec<u8>,
    relocations: Vec<ModuleReloc>,
    listing: Listing,
}

/// Compiles every function, the largest first, so that no thread is left with a large one at the end.
fn side_by_side(program: &Program, callees: &Callees, isa: &dyn TargetIsa, listed: bool) -> Vec<Result<Made, String>> {
    let mut order: Vec<(usize, usize)> = program.functions.iter().map(Function::size).enumerate().collect();
    order.sort_by_key(|(i, size)| (std::cmp::Reverse(*size), *i));
    let next = AtomicUsize::new(0);
    let made = Mutex::new(Vec::with_capacity(order.len()));
    let work = || {
        let mut workshop = Workshop { builder: FunctionBuilderContext::new(), context: ClifContext::new() };
        let mut mine = Vec::new();
        while let Some((i, _)) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let (Some(function), Some(id)) = (program.functions.get(*i), callees.functions.get(*i)) {
                mine.push((*i, workshop.make(program, function, *id, callees, isa, listed)));
            }
        }
        if let Ok(mut made) = made.lock() {
            made.append(&mut mine);
        }
    };
    if program.size() < ALONE {
        work();
    } else {
        rayon::scope(|scope| {
            for _ in 1..rayon::current_num_threads() {
                scope.spawn(|_| work());
            }
            work();
        });
    }
    let mut made = made.into_inner().unwrap_or_default();
    made.sort_by_key(|(i, _)| *i);
    made.into_iter().map(|(_, made)| made).collect()
}

/// What a thread compiles functions with, one after the other.
struct Workshop {
    builder: FunctionBuilderContext,
    context: ClifContext,
}

impl Workshop {
    fn make(
        &mut self,
        program: &Program,
        function: &Function,
        id: ModuleFuncId,
        callees: &Callees,
        isa: &dyn TargetIsa,
        listed: bool,
    ) -> Result<Made, String> {
        let Workshop { builder, context } = self;
        context.clear();
        context.func.signature = callees.signature(function);
        let mut b = FunctionBuilder::new(&mut context.func, builder);
        translate::function(program, function, callees, &mut b)?;
        b.finalize(isa.frontend_config());
        let mut listing = Listing::default();
        if listed {
            listing.clif = format!(";; {}\n{}\n", function.name, context.func.display());
            context.set_disasm(true);
        }
        context.compile(isa, &mut ControlPlane::default()).map_err(|e| format!("{}: {:?}", function.name, e.inner))?;
        let code = context.compiled_code().ok_or("no code")?;
        if listed {
            let text = code.vcode.clone().unwrap_or_default();
            listing.assembly = format!(";; {}\n{text}\n", function.name);
        }
        let (alignment, bytes) = (u64::from(code.buffer.alignment), code.code_buffer().to_vec());
        let relocations = code.buffer.relocs().iter().map(|r| ModuleReloc::from_mach_reloc(r, &context.func, id));
        Ok(Made { alignment, bytes, relocations: relocations.collect(), listing })
    }
}

/// The processor the native engine compiles for, as text.
#[must_use]
pub fn processor() -> String {
    isa::lookup_by_name(std::env::consts::ARCH)
        .map_or_else(|_| std::env::consts::ARCH.to_string(), |b| b.triple().to_string())
}
