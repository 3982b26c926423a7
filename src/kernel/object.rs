//! The kernel program as an object file of this system, to be linked into other programs. The code is that of
//! [`super::native`]; around it stand a descriptor that says what the object holds, and one function by which
//! C finds the descriptor.
//!
//! Start reading at [`write`].

use cranelift_codegen::Context as ClifContext;
use cranelift_codegen::ir::{AbiParam, InstBuilder};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{DataDescription, Linkage, Module, default_libcall_names};
use cranelift_object::{ObjectBuilder, ObjectModule};

use super::native;
use super::program::Program;

/// First word of a descriptor: `FLOWLINE`.
pub const MAGIC: u64 = u64::from_le_bytes(*b"FLOWLINE");

/// What an object says about itself, as C sees it. Words and pointers only, so that it is laid out alike
/// everywhere.
#[repr(C)]
pub struct Descriptor {
    /// [`MAGIC`].
    pub magic: u64,
    /// Version of this record and of the calls between code and library.
    pub version: u64,
    /// The fingerprint of the program that was compiled.
    pub program: u64,
    /// Its entry function.
    pub entry: *const u8,
    /// What the text was: bytes that `embed` reads.
    pub source: *const u8,
    /// How many bytes.
    pub source_bytes: u64,
}

/// Bytes of a descriptor, and where its pointers lie.
const BYTES: usize = 48;
const _: () = assert!(size_of::<Descriptor>() == BYTES, "pointers have eight bytes on every system with native code");
const ENTRY_AT: u32 = std::mem::offset_of!(Descriptor, entry) as u32;
const SOURCE_AT: u32 = std::mem::offset_of!(Descriptor, source) as u32;

/// Instructions of x86-64 beyond the oldest that objects use: those of processors since 2009 (x86-64-v2), so that
/// an object runs on other machines than the one it was made on.
#[cfg(target_arch = "x86_64")]
const LEVEL: [&str; 5] = ["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"];
#[cfg(not(target_arch = "x86_64"))]
const LEVEL: [&str; 0] = [];

/// Whether this processor has all the instructions that objects use.
#[must_use]
pub fn processor_fits() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::is_x86_feature_detected!("sse4.2") && std::is_x86_feature_detected!("popcnt");
    #[cfg(not(target_arch = "x86_64"))]
    true
}

/// An object with the code of a program, position independent, in the format of this system. It exports one
/// function, `const void *SYMBOL(void)`, which returns the [`Descriptor`]. Equal programs and sources give
/// equal bytes.
///
/// # Errors
/// When the processor is not supported or the code generator refuses: the text says why.
pub fn write(program: &Program, symbol: &str, version: u64, source: &[u8]) -> Result<Vec<u8>, String> {
    let words = |e: cranelift_module::ModuleError| e.to_string();
    let builder = ObjectBuilder::new(isa()?, symbol, default_libcall_names()).map_err(words)?;
    let mut module = ObjectModule::new(builder);
    let entry = native::define(&mut module, program, None)?;

    let text = module.declare_data(&format!("{symbol}_source"), Linkage::Local, false, false).map_err(words)?;
    let mut data = DataDescription::new();
    data.set_align(8);
    data.define(source.into());
    module.define_data(text, &data).map_err(words)?;

    let descriptor = Descriptor {
        magic: MAGIC,
        version,
        program: program.fingerprint(),
        entry: std::ptr::null(),
        source: std::ptr::null(),
        source_bytes: source.len() as u64,
    };
    let mut bytes = Vec::with_capacity(BYTES);
    for word in [descriptor.magic, descriptor.version, descriptor.program, 0, 0, descriptor.source_bytes] {
        bytes.extend(word.to_ne_bytes());
    }
    let about = module.declare_data(&format!("{symbol}_descriptor"), Linkage::Local, false, false).map_err(words)?;
    let mut data = DataDescription::new();
    data.set_align(8);
    data.define(bytes.into());
    let entry = module.declare_func_in_data(entry, &mut data);
    data.write_function_addr(ENTRY_AT, entry);
    let text = module.declare_data_in_data(text, &mut data);
    data.write_data_addr(SOURCE_AT, text, 0);
    module.define_data(about, &data).map_err(words)?;

    let pointer = module.target_config().pointer_type();
    let mut context = ClifContext::new();
    context.func.signature = module.make_signature();
    context.func.signature.returns.push(AbiParam::new(pointer));
    let finder = module.declare_function(symbol, Linkage::Export, &context.func.signature).map_err(words)?;
    let mut scratch = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut context.func, &mut scratch);
    let block = b.create_block();
    b.switch_to_block(block);
    b.seal_block(block);
    let about = module.declare_data_in_func(about, b.func);
    let address = b.ins().symbol_value(pointer, about);
    b.ins().return_(&[address]);
    b.finalize(module.target_config());
    module.define_function(finder, &mut context).map_err(|e| format!("{symbol}: {e:?}"))?;
    module.finish().emit().map_err(|e| e.to_string())
}

fn isa() -> Result<OwnedTargetIsa, String> {
    let mut flags = settings::builder();
    for (name, value) in [("opt_level", "speed"), ("is_pic", "true")] {
        flags.set(name, value).map_err(|e| e.to_string())?;
    }
    let verify = if cfg!(debug_assertions) { "true" } else { "false" };
    flags.set("enable_verifier", verify).map_err(|e| e.to_string())?;
    let mut builder = cranelift_native::builder_with_options(false)?;
    for feature in LEVEL {
        builder.enable(feature).map_err(|e| e.to_string())?;
    }
    builder.finish(settings::Flags::new(flags)).map_err(|e| e.to_string())
}
