//! The native engine: the kernel program through Cranelift. It emits each instruction literally, so
//! that its results equal the interpreter's bit for bit.
//!
//! Native code reaches memory only through the context handed to it: the arena's address (read again
//! after every call that may move it), the constant tables, and the host.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self as clif, AbiParam, InstBuilder, MemFlagsData, Signature, types};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context as ClifContext, isa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Switch, Variable};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId as ModuleFuncId, Linkage, Module, default_libcall_names};

use super::host::{Host, NativeContext, host_address, host_symbol};
use super::program::{BinaryOp, Function, HostFn, Inst, Program, Reg, Ty, UnaryOp};

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
    let mut listing = Listing { clif: String::new(), assembly: String::new() };
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
/// returns the entry function.
///
/// # Errors
/// When the code generator refuses: the text says why.
pub(super) fn define(
    module: &mut dyn Module,
    program: &Program,
    mut listing: Option<&mut Listing>,
) -> Result<ModuleFuncId, String> {
    let frontend = module.target_config();
    let pointer = frontend.pointer_type();

    let mut host_signature = module.make_signature();
    host_signature.params.extend([
        AbiParam::new(pointer),
        AbiParam::new(types::I64),
        AbiParam::new(types::I64),
        AbiParam::new(types::I64),
    ]);
    host_signature.returns.push(AbiParam::new(types::I64));
    let mut hosts = Vec::new();
    for f in HostFn::ALL {
        hosts.push(
            module.declare_function(host_symbol(f), Linkage::Import, &host_signature).map_err(|e| e.to_string())?,
        );
    }

    let mut ids: Vec<(ModuleFuncId, Signature)> = Vec::new();
    for (i, f) in program.functions.iter().enumerate() {
        let mut signature = module.make_signature();
        signature.params.push(AbiParam::new(pointer));
        signature.params.extend(f.registers.iter().take(f.parameters).map(|t| AbiParam::new(machine_type(*t))));
        signature.returns.extend(f.result.map(|t| AbiParam::new(machine_type(t))));
        let id = module.declare_function(&format!("f{i}"), Linkage::Local, &signature).map_err(|e| e.to_string())?;
        ids.push((id, signature));
    }
    let moves = functions_that_may_move_the_arena(program);

    let mut builder_context = FunctionBuilderContext::new();
    let mut context = ClifContext::new();
    for (f, (id, signature)) in program.functions.iter().zip(&ids) {
        context.func.signature = signature.clone();
        let mut emitter = Emitter {
            program,
            function: f,
            moves: &moves,
            ids: &ids,
            hosts: &hosts,
            module: &mut *module,
            b: FunctionBuilder::new(&mut context.func, &mut builder_context),
            variables: Vec::new(),
            base: None,
            context: None,
            loops: Vec::new(),
            sums: Vec::new(),
            constants: Vec::new(),
        };
        (emitter.sums, emitter.constants) = known(f);
        emitter.function()?;
        emitter.b.finalize(frontend);
        if let Some(listing) = listing.as_deref_mut() {
            listing.clif.push_str(&format!(";; {}\n{}\n", f.name, context.func.display()));
            context.set_disasm(true);
        }
        module.define_function(*id, &mut context).map_err(|e| format!("{}: {e:?}", f.name))?;
        if let (Some(listing), Some(code)) = (listing.as_deref_mut(), context.compiled_code()) {
            let text = code.vcode.clone().unwrap_or_default();
            listing.assembly.push_str(&format!(";; {}\n{text}\n", f.name));
        }
        module.clear_context(&mut context);
    }
    ids.last().map(|(id, _)| *id).ok_or_else(|| "the program has no functions".to_string())
}

fn machine_type(ty: Ty) -> clif::Type {
    if ty == Ty::Real { types::F64 } else { types::I64 }
}

/// Which functions may, directly or through others, grow the arena and so move it.
fn functions_that_may_move_the_arena(program: &Program) -> Vec<bool> {
    fn any(block: &[Inst], moves: &[bool]) -> bool {
        block.iter().any(|inst| match inst {
            Inst::Host { function, .. } => *function == HostFn::GrowItems,
            Inst::Call { function, .. } => moves.get(function.0 as usize).copied().unwrap_or(true),
            Inst::If { then, otherwise, .. } => any(then, moves) || any(otherwise, moves),
            Inst::Switch { cases, default, .. } => cases.iter().any(|c| any(c, moves)) || any(default, moves),
            Inst::Loop { body } | Inst::Choose { policy: body, .. } => any(body, moves),
            _ => false,
        })
    }
    // Functions call only functions written before them or themselves; one pass is enough.
    let mut moves = vec![false; program.functions.len()];
    for (i, f) in program.functions.iter().enumerate() {
        let moving = any(&f.body, &moves);
        if let Some(slot) = moves.get_mut(i) {
            *slot = moving;
        }
    }
    moves
}

struct Emitter<'a, 'b> {
    program: &'a Program,
    function: &'a Function,
    moves: &'a [bool],
    ids: &'a [(ModuleFuncId, Signature)],
    hosts: &'a [ModuleFuncId],
    module: &'a mut dyn Module,
    b: FunctionBuilder<'b>,
    variables: Vec<Variable>,
    base: Option<Variable>,
    context: Option<clif::Value>,
    loops: Vec<(clif::Block, clif::Block)>,
    /// Of each register that is set once, to the sum of two that are set once: those two.
    sums: Vec<Option<(Reg, Reg)>>,
    /// Of each register that is set once, to a constant: the constant.
    constants: Vec<Option<i64>>,
}

/// What is known of a register by an instruction that sets it.
#[derive(Clone, Copy)]
enum Known {
    Nothing,
    Sum(Reg, Reg),
    Constant(i64),
}

/// What [`known`] says: of each register a sum and a constant, if it is one.
type Sums = (Vec<Option<(Reg, Reg)>>, Vec<Option<i64>>);

/// Which registers of a function are set once, to the sum of two that are set once, or to a constant.
fn known(function: &Function) -> Sums {
    fn visit(block: &[Inst], each: &mut impl FnMut(Reg, Known)) {
        for inst in block {
            match inst {
                Inst::Binary { op: BinaryOp::Add, dst, a, b } => each(*dst, Known::Sum(*a, *b)),
                Inst::Const { dst, bits } => each(*dst, Known::Constant(bits.cast_signed())),
                Inst::Unary { dst, .. }
                | Inst::Binary { dst, .. }
                | Inst::Select { dst, .. }
                | Inst::Load { dst, .. }
                | Inst::Host { dst, .. }
                | Inst::Call { dst: Some(dst), .. } => each(*dst, Known::Nothing),
                Inst::Choose { dst, policy, .. } => {
                    each(*dst, Known::Nothing);
                    visit(policy, each);
                }
                Inst::If { then, otherwise, .. } => {
                    visit(then, each);
                    visit(otherwise, each);
                }
                Inst::Switch { cases, default, .. } => {
                    cases.iter().for_each(|c| visit(c, each));
                    visit(default, each);
                }
                Inst::Loop { body } => visit(body, each),
                Inst::Call { dst: None, .. }
                | Inst::Store { .. }
                | Inst::Break { .. }
                | Inst::Continue { .. }
                | Inst::Return { .. } => {}
            }
        }
    }
    let registers = function.registers.len();
    let mut set = vec![0u32; registers];
    for count in set.iter_mut().take(function.parameters) {
        *count = 1;
    }
    let mut all = vec![Known::Nothing; registers];
    visit(&function.body, &mut |dst, known| {
        if let (Some(count), Some(place)) = (set.get_mut(dst.0 as usize), all.get_mut(dst.0 as usize)) {
            *count += 1;
            *place = known;
        }
    });
    let once = |r: Reg| set.get(r.0 as usize) == Some(&1);
    let each = |(i, known): (u32, &Known)| if once(Reg(i)) { *known } else { Known::Nothing };
    let all: Vec<Known> = (0u32..).zip(&all).map(each).collect();
    let sum = |known: &Known| match known {
        Known::Sum(a, b) if once(*a) && once(*b) => Some((*a, *b)),
        _ => None,
    };
    let constant = |known: &Known| if let Known::Constant(value) = known { Some(*value) } else { None };
    (all.iter().map(sum).collect(), all.iter().map(constant).collect())
}

impl Emitter<'_, '_> {
    fn function(&mut self) -> Result<(), String> {
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.b.switch_to_block(entry);
        self.b.seal_block(entry);
        let params: Vec<clif::Value> = self.b.block_params(entry).to_vec();
        let context = *params.first().ok_or("no context parameter")?;
        self.context = Some(context);
        self.base = Some(self.b.declare_var(types::I64));
        self.reload_base()?;
        for ty in &self.function.registers {
            let variable = self.b.declare_var(machine_type(*ty));
            self.variables.push(variable);
        }
        for (value, variable) in params.iter().skip(1).zip(self.variables.clone()) {
            self.b.def_var(variable, *value);
        }
        let body = self.function.body.clone();
        if !self.block(&body)? {
            let zero = match self.function.result {
                None => None,
                Some(Ty::Real) => Some(self.b.ins().f64const(0.0)),
                Some(_) => Some(self.b.ins().iconst(types::I64, 0)),
            };
            self.b.ins().return_(zero.as_slice());
        }
        Ok(())
    }

    fn reload_base(&mut self) -> Result<(), String> {
        let (Some(context), Some(base)) = (self.context, self.base) else { return Err("no context".into()) };
        let address = self.b.ins().load(types::I64, MemFlagsData::trusted(), context, NativeContext::ARENA_OFFSET);
        self.b.def_var(base, address);
        Ok(())
    }

    fn get(&mut self, r: Reg) -> Result<clif::Value, String> {
        let variable = *self.variables.get(r.0 as usize).ok_or("no such register")?;
        Ok(self.b.use_var(variable))
    }

    fn set(&mut self, r: Reg, value: clif::Value) -> Result<(), String> {
        let variable = *self.variables.get(r.0 as usize).ok_or("no such register")?;
        self.b.def_var(variable, value);
        Ok(())
    }

    fn ty(&self, r: Reg) -> clif::Type {
        self.function.registers.get(r.0 as usize).map_or(types::I64, |t| machine_type(*t))
    }

    /// The address of a word of a record, and how many bytes behind it the word lies.
    fn address(&mut self, mut base: Reg, mut offset: i32) -> Result<(clif::Value, i32), String> {
        let arena = self.base.ok_or("no arena")?;
        let arena = self.b.use_var(arena);
        // A record at a fixed distance from another: the processor adds that with the offset.
        while let Some(Some((record, distance))) = self.sums.get(base.0 as usize).copied()
            && let Some(Some(distance)) = self.constants.get(distance.0 as usize)
            && let Some(sum) = i32::try_from(*distance).ok().and_then(|d| offset.checked_add(d))
        {
            (base, offset) = (record, sum);
        }
        // An element of an array: the address of the array is shared, and the processor adds the rest.
        if let Some(Some((array, index))) = self.sums.get(base.0 as usize).copied() {
            let (array, index) = (self.get(array)?, self.get(index)?);
            let array = self.b.ins().iadd(arena, array);
            return Ok((self.b.ins().iadd(array, index), offset));
        }
        if let Some(Some(handle)) = self.constants.get(base.0 as usize)
            && let Some(sum) = i32::try_from(*handle).ok().and_then(|h| offset.checked_add(h))
        {
            return Ok((arena, sum));
        }
        let handle = self.get(base)?;
        Ok((self.b.ins().iadd(arena, handle), offset))
    }

    fn flag(&mut self, value: clif::Value) -> clif::Value {
        self.b.ins().uextend(types::I64, value)
    }

    /// Emits a block; true when its end cannot be reached.
    fn block(&mut self, block: &[Inst]) -> Result<bool, String> {
        let mut rest = block;
        while let [inst, behind @ ..] = rest {
            if let [next, after @ ..] = behind
                && self.two_selects(inst, next)?
            {
                rest = after;
                continue;
            }
            if self.inst(inst)? {
                return Ok(true);
            }
            rest = behind;
        }
        Ok(false)
    }

    /// Emits two selections by one condition as one of 128 bits, so that the condition is tested once; false
    /// where they are something else.
    fn two_selects(&mut self, one: &Inst, two: &Inst) -> Result<bool, String> {
        let (Inst::Select { dst, cond, a, b }, Inst::Select { dst: dst2, cond: cond2, a: a2, b: b2 }) = (one, two)
        else {
            return Ok(false);
        };
        if cond != cond2 || [a2, b2, cond].contains(&dst) || [*dst, *dst2].iter().any(|r| self.ty(*r) != types::I64) {
            return Ok(false);
        }
        let (cond, a, b) = (self.get(*cond)?, (self.get(*a)?, self.get(*a2)?), (self.get(*b)?, self.get(*b2)?));
        let yes = self.b.ins().iconcat(a.0, a.1);
        let no = self.b.ins().iconcat(b.0, b.1);
        let both = self.b.ins().select(cond, yes, no);
        let (low, high) = self.b.ins().isplit(both);
        self.set(*dst, low)?;
        self.set(*dst2, high)?;
        Ok(true)
    }

    fn jump_unless(&mut self, ended: bool, to: clif::Block) {
        if !ended {
            self.b.ins().jump(to, &[]);
        }
    }

    #[allow(clippy::too_many_lines)]
    fn inst(&mut self, inst: &Inst) -> Result<bool, String> {
        match inst {
            Inst::Const { dst, bits } => {
                let value = if self.ty(*dst) == types::F64 {
                    self.b.ins().f64const(f64::from_bits(*bits))
                } else {
                    self.b.ins().iconst(types::I64, bits.cast_signed())
                };
                self.set(*dst, value)?;
            }
            Inst::Unary { op, dst, a } => {
                let a = self.get(*a)?;
                let value = self.unary(*op, a);
                self.set(*dst, value)?;
            }
            Inst::Binary { op, dst, a, b } => {
                let (a, b) = (self.get(*a)?, self.get(*b)?);
                let value = self.binary(*op, a, b);
                self.set(*dst, value)?;
            }
            Inst::Select { dst, cond, a, b } => {
                let (cond, a, b) = (self.get(*cond)?, self.get(*a)?, self.get(*b)?);
                let value = self.b.ins().select(cond, a, b);
                self.set(*dst, value)?;
            }
            Inst::Load { dst, base, offset } => {
                let (address, offset) = self.address(*base, *offset)?;
                let ty = self.ty(*dst);
                let value = self.b.ins().load(ty, MemFlagsData::trusted(), address, offset);
                self.set(*dst, value)?;
            }
            Inst::Store { base, offset, value } => {
                let (address, offset) = self.address(*base, *offset)?;
                let value = self.get(*value)?;
                self.b.ins().store(MemFlagsData::trusted(), value, address, offset);
            }
            Inst::Call { function, args, dst } => {
                let (id, _) = *self.ids.get(function.0 as usize).as_ref().ok_or("no such function")?;
                let callee = self.module.declare_func_in_func(*id, self.b.func);
                let mut values = vec![self.context.ok_or("no context")?];
                for arg in args {
                    values.push(self.get(*arg)?);
                }
                let call = self.b.ins().call(callee, &values);
                let result = self.b.inst_results(call).first().copied();
                if let (Some(dst), Some(result)) = (dst, result) {
                    self.set(*dst, result)?;
                }
                if self.moves.get(function.0 as usize).copied().unwrap_or(true) {
                    self.reload_base()?;
                }
            }
            Inst::Host { function, args, dst } => {
                let index = HostFn::ALL.iter().position(|f| f == function).ok_or("no such host function")?;
                let id = *self.hosts.get(index).ok_or("no such host function")?;
                let callee = self.module.declare_func_in_func(id, self.b.func);
                let mut values = vec![self.context.ok_or("no context")?];
                for i in 0..3 {
                    let value = match args.get(i) {
                        Some(arg) => self.get(*arg)?,
                        None => self.b.ins().iconst(types::I64, 0),
                    };
                    values.push(value);
                }
                let call = self.b.ins().call(callee, &values);
                let result = self.b.inst_results(call).first().copied().ok_or("no result")?;
                self.set(*dst, result)?;
                if *function == HostFn::GrowItems {
                    self.reload_base()?;
                }
            }
            Inst::Choose { policy, .. } => return self.block(policy),
            Inst::If { cond, then, otherwise } => {
                let cond = self.get(*cond)?;
                let (yes, no, end) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
                let other = if otherwise.is_empty() { end } else { no };
                self.b.ins().brif(cond, yes, &[], other, &[]);
                self.b.switch_to_block(yes);
                self.b.seal_block(yes);
                let ended = self.block(then)?;
                self.jump_unless(ended, end);
                self.b.switch_to_block(no);
                self.b.seal_block(no);
                if otherwise.is_empty() {
                    // Never entered; Cranelift removes it.
                    self.b.ins().jump(end, &[]);
                } else {
                    let ended = self.block(otherwise)?;
                    self.jump_unless(ended, end);
                }
                self.b.switch_to_block(end);
                self.b.seal_block(end);
            }
            Inst::Switch { on, cases, default } => {
                let on = self.get(*on)?;
                let end = self.b.create_block();
                let other = self.b.create_block();
                let blocks: Vec<clif::Block> = cases.iter().map(|_| self.b.create_block()).collect();
                self.choose_block(on, &blocks, other);
                for (case, block) in cases.iter().zip(blocks) {
                    self.b.switch_to_block(block);
                    self.b.seal_block(block);
                    let ended = self.block(case)?;
                    self.jump_unless(ended, end);
                }
                self.b.switch_to_block(other);
                self.b.seal_block(other);
                let ended = self.block(default)?;
                self.jump_unless(ended, end);
                self.b.switch_to_block(end);
                self.b.seal_block(end);
            }
            Inst::Loop { body } => {
                let (head, end) = (self.b.create_block(), self.b.create_block());
                self.b.ins().jump(head, &[]);
                self.b.switch_to_block(head);
                self.loops.push((head, end));
                let ended = self.block(body)?;
                self.jump_unless(ended, head);
                self.loops.pop();
                self.b.seal_block(head);
                self.b.switch_to_block(end);
                self.b.seal_block(end);
            }
            Inst::Break { depth } | Inst::Continue { depth } => {
                let index = self.loops.len().checked_sub(1 + *depth as usize).ok_or("no such loop")?;
                let (head, end) = *self.loops.get(index).ok_or("no such loop")?;
                let to = if matches!(inst, Inst::Break { .. }) { end } else { head };
                self.b.ins().jump(to, &[]);
                return Ok(true);
            }
            Inst::Return { value } => {
                let values = match value {
                    Some(v) => vec![self.get(*v)?],
                    None => Vec::new(),
                };
                self.b.ins().return_(&values);
                return Ok(true);
            }
        }
        let _ = self.program;
        Ok(false)
    }

    /// Jumps to the block of a number, or to another. What is compared with a few numbers is foretold better than
    /// what is looked up.
    fn choose_block(&mut self, on: clif::Value, blocks: &[clif::Block], other: clif::Block) {
        if blocks.len() <= 3 {
            for (i, block) in (0i64..).zip(blocks) {
                let next = self.b.create_block();
                let this = self.b.ins().icmp_imm_u(IntCC::Equal, on, i);
                self.b.ins().brif(this, *block, &[], next, &[]);
                self.b.switch_to_block(next);
                self.b.seal_block(next);
            }
            self.b.ins().jump(other, &[]);
            return;
        }
        let mut switch = Switch::new();
        for (i, block) in blocks.iter().enumerate() {
            switch.set_entry(i as u128, *block);
        }
        let on = self.b.ins().ireduce(types::I32, on);
        switch.emit(&mut self.b, on, other);
    }

    fn unary(&mut self, op: UnaryOp, a: clif::Value) -> clif::Value {
        let b = &mut self.b;
        match op {
            UnaryOp::Copy => a,
            UnaryOp::ToReal => b.ins().fcvt_from_sint(types::F64, a),
            UnaryOp::RoundToInt => {
                let whole = b.ins().nearest(a);
                b.ins().fcvt_to_sint_sat(types::I64, whole)
            }
            UnaryOp::BitsToReal => b.ins().bitcast(types::F64, MemFlagsData::new(), a),
            UnaryOp::RealToBits => b.ins().bitcast(types::I64, MemFlagsData::new(), a),
            UnaryOp::TrailingZeros => b.ins().ctz(a),
            UnaryOp::LeadingZeros => b.ins().clz(a),
            UnaryOp::SquareRoot => b.ins().sqrt(a),
            UnaryOp::NegateReal => b.ins().fneg(a),
            UnaryOp::Floor => b.ins().floor(a),
            UnaryOp::Ceiling => b.ins().ceil(a),
            UnaryOp::AbsoluteReal => b.ins().fabs(a),
        }
    }

    fn binary(&mut self, op: BinaryOp, x: clif::Value, y: clif::Value) -> clif::Value {
        let icmp = |s: &mut Self, cc| {
            let flag = s.b.ins().icmp(cc, x, y);
            s.flag(flag)
        };
        let fcmp = |s: &mut Self, cc| {
            let flag = s.b.ins().fcmp(cc, x, y);
            s.flag(flag)
        };
        match op {
            BinaryOp::Add => self.b.ins().iadd(x, y),
            BinaryOp::Sub => self.b.ins().isub(x, y),
            BinaryOp::Mul => self.b.ins().imul(x, y),
            BinaryOp::MulHigh => self.b.ins().umulhi(x, y),
            BinaryOp::And => self.b.ins().band(x, y),
            BinaryOp::Or => self.b.ins().bor(x, y),
            BinaryOp::Xor => self.b.ins().bxor(x, y),
            BinaryOp::ShiftLeft => self.b.ins().ishl(x, y),
            BinaryOp::ShiftRight => self.b.ins().ushr(x, y),
            BinaryOp::RotateLeft => self.b.ins().rotl(x, y),
            BinaryOp::Equal => icmp(self, IntCC::Equal),
            BinaryOp::NotEqual => icmp(self, IntCC::NotEqual),
            BinaryOp::Less => icmp(self, IntCC::SignedLessThan),
            BinaryOp::LessEqual => icmp(self, IntCC::SignedLessThanOrEqual),
            BinaryOp::LessUnsigned => icmp(self, IntCC::UnsignedLessThan),
            BinaryOp::AddReal => self.b.ins().fadd(x, y),
            BinaryOp::SubReal => self.b.ins().fsub(x, y),
            BinaryOp::MulReal => self.b.ins().fmul(x, y),
            BinaryOp::DivReal => self.b.ins().fdiv(x, y),
            BinaryOp::LessReal => fcmp(self, FloatCC::LessThan),
            BinaryOp::LessEqualReal => fcmp(self, FloatCC::LessThanOrEqual),
            BinaryOp::EqualReal => fcmp(self, FloatCC::Equal),
        }
    }
}

/// The processor the native engine compiles for, as text.
#[must_use]
pub fn processor() -> String {
    isa::lookup_by_name(std::env::consts::ARCH)
        .map_or_else(|_| std::env::consts::ARCH.to_string(), |b| b.triple().to_string())
}
