//! Writes a function of the kernel program in Cranelift's intermediate form, instruction by instruction.
//!
//! Every instruction that is written costs time in all passes behind, so that what is plain to see is not written:
//! registers that are set once and used where they are known are values, not variables; constants, addresses and
//! flags are written where they are needed, once for all that is nested; branches on constants are decided. What
//! this finds changes no result: the program is executed literally ([`super::interpret`]).
//!
//! Start reading at [`function`].

use std::collections::BTreeMap;

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self as clif, AbiParam, InstBuilder, MemFlagsData, Signature, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, Switch, Variable};
use cranelift_module::FuncId as ModuleFuncId;

use super::host::NativeContext;
use super::program::{BinaryOp, Function, HostFn, Inst, Program, Reg, Ty, UnaryOp};

/// What functions are called, and how.
pub(super) struct Callees {
    /// The pointer to the context.
    pub(super) pointer: clif::Type,
    /// How all of them are called.
    pub(super) convention: CallConv,
    /// Functions of the program, in its order.
    pub(super) functions: Vec<ModuleFuncId>,
    /// Functions of the host, in the order of [`HostFn::ALL`].
    pub(super) hosts: Vec<ModuleFuncId>,
    /// Which functions of the program may move the arena.
    pub(super) moves: Vec<bool>,
}

impl Callees {
    /// How a function of the program is called: with the context and its parameters.
    pub(super) fn signature(&self, function: &Function) -> Signature {
        let mut signature = Signature::new(self.convention);
        signature.params.push(AbiParam::new(self.pointer));
        let parameters = function.registers.iter().take(function.parameters);
        signature.params.extend(parameters.map(|t| AbiParam::new(machine_type(*t))));
        signature.returns.extend(function.result.map(|t| AbiParam::new(machine_type(t))));
        signature
    }

    /// How functions of the host are called: with the context and three integers.
    pub(super) fn host_signature(&self) -> Signature {
        let mut signature = Signature::new(self.convention);
        signature.params.push(AbiParam::new(self.pointer));
        signature.params.extend([AbiParam::new(types::I64); 3]);
        signature.returns.push(AbiParam::new(types::I64));
        signature
    }
}

/// Which functions may, directly or through others, grow the arena and so move it.
pub(super) fn functions_that_may_move_the_arena(program: &Program) -> Vec<bool> {
    // Functions call only functions written before them or themselves; one pass is enough.
    let mut moves = vec![false; program.functions.len()];
    for (i, f) in program.functions.iter().enumerate() {
        let moving = may_move(&f.body, &moves);
        if let Some(slot) = moves.get_mut(i) {
            *slot = moving;
        }
    }
    moves
}

/// Whether a block may move the arena.
fn may_move(block: &[Inst], moves: &[bool]) -> bool {
    block.iter().any(|inst| match inst {
        Inst::Host { function, .. } => *function == HostFn::GrowItems,
        Inst::Call { function, .. } => moves.get(function.0 as usize).copied().unwrap_or(true),
        Inst::If { then, otherwise, .. } => may_move(then, moves) || may_move(otherwise, moves),
        Inst::Switch { cases, default, .. } => cases.iter().any(|c| may_move(c, moves)) || may_move(default, moves),
        Inst::Loop { body } | Inst::Choose { policy: body, .. } => may_move(body, moves),
        _ => false,
    })
}

fn machine_type(ty: Ty) -> clif::Type {
    if ty == Ty::Real { types::F64 } else { types::I64 }
}

/// Writes a function of a program.
///
/// # Errors
/// What does not fit, in words: a bug of whoever wrote the program.
pub(super) fn function(
    program: &Program,
    function: &Function,
    callees: &Callees,
    b: &mut FunctionBuilder<'_>,
) -> Result<(), String> {
    let moves = may_move(&function.body, &callees.moves);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    b.seal_block(entry);
    let params: Vec<clif::Value> = b.block_params(entry).to_vec();
    let context = *params.first().ok_or("no context parameter")?;
    let address = b.ins().load(types::I64, MemFlagsData::trusted(), context, NativeContext::ARENA_OFFSET);
    let arena = if moves {
        let arena = b.declare_var(types::I64);
        b.def_var(arena, address);
        Base::Moving(arena)
    } else {
        Base::Fixed(address)
    };
    let variables: Vec<Option<Variable>> = set_where_known(function)
        .iter()
        .zip(&function.registers)
        .map(|(known, ty)| (!known).then(|| b.declare_var(machine_type(*ty))))
        .collect();
    let registers = function.registers.len();
    let mut writer = Writer {
        program,
        function,
        callees,
        b,
        context,
        arena,
        era: 0,
        variables,
        known: vec![None; registers],
        constants: BTreeMap::new(),
        addresses: vec![None; registers],
        undo: Vec::new(),
        called: BTreeMap::new(),
        loops: Vec::new(),
    };
    for (register, value) in (0u32..).zip(params.iter().skip(1)) {
        writer.set(Reg(register), Known::Value(*value))?;
    }
    if !writer.block(&function.body)? {
        let zero = match function.result {
            None => None,
            Some(Ty::Real) => Some(writer.b.ins().f64const(0.0)),
            Some(_) => Some(writer.b.ins().iconst(types::I64, 0)),
        };
        writer.b.ins().return_(zero.as_slice());
    }
    Ok(())
}

/// Which registers are set once, and used only behind that, in the same block or in blocks nested in it: wherever
/// they are used, they have been set.
fn set_where_known(function: &Function) -> Vec<bool> {
    let mut look = Look {
        set_in: vec![None; function.registers.len()],
        known: vec![true; function.registers.len()],
        open: vec![true],
        block: 0,
    };
    for register in 0..function.parameters {
        look.set(Reg(u32::try_from(register).unwrap_or(u32::MAX)));
    }
    look.block(&function.body);
    look.known
}

struct Look {
    /// The block in which a register is set.
    set_in: Vec<Option<usize>>,
    known: Vec<bool>,
    /// Which blocks are open.
    open: Vec<bool>,
    /// The innermost of them.
    block: usize,
}

impl Look {
    fn set(&mut self, r: Reg) {
        let at = r.0 as usize;
        if let (Some(set_in), Some(known)) = (self.set_in.get_mut(at), self.known.get_mut(at)) {
            *known = *known && set_in.is_none();
            *set_in = Some(self.block);
        }
    }

    fn used(&mut self, r: Reg) {
        let at = r.0 as usize;
        let set_in = self.set_in.get(at).copied().flatten();
        let reaches = set_in.is_some_and(|block| self.open.get(block) == Some(&true));
        if let Some(known) = self.known.get_mut(at) {
            *known = *known && reaches;
        }
    }

    fn nested(&mut self, block: &[Inst]) {
        let outer = std::mem::replace(&mut self.block, self.open.len());
        self.open.push(true);
        self.block(block);
        if let Some(open) = self.open.get_mut(self.block) {
            *open = false;
        }
        self.block = outer;
    }

    fn block(&mut self, block: &[Inst]) {
        for inst in block {
            self.inst(inst);
        }
    }

    fn inst(&mut self, inst: &Inst) {
        match inst {
            Inst::Const { dst, .. } => self.set(*dst),
            Inst::Unary { dst, a, .. } => {
                self.used(*a);
                self.set(*dst);
            }
            Inst::Binary { dst, a, b, .. } => {
                self.used(*a);
                self.used(*b);
                self.set(*dst);
            }
            Inst::Select { dst, cond, a, b } => {
                [cond, a, b].into_iter().for_each(|r| self.used(*r));
                self.set(*dst);
            }
            Inst::Load { dst, base, .. } => {
                self.used(*base);
                self.set(*dst);
            }
            Inst::Touch { base, .. } => self.used(*base),
            Inst::Store { base, value, .. } => {
                self.used(*base);
                self.used(*value);
            }
            Inst::Call { args, dst, .. } => {
                args.iter().for_each(|r| self.used(*r));
                if let Some(dst) = dst {
                    self.set(*dst);
                }
            }
            Inst::Host { args, dst, .. } => {
                args.iter().for_each(|r| self.used(*r));
                self.set(*dst);
            }
            Inst::Choose { policy, .. } => self.block(policy),
            Inst::If { cond, then, otherwise } => {
                self.used(*cond);
                self.nested(then);
                self.nested(otherwise);
            }
            Inst::Switch { on, cases, default } => {
                self.used(*on);
                cases.iter().for_each(|c| self.nested(c));
                self.nested(default);
            }
            Inst::Loop { body } => self.nested(body),
            Inst::Return { value: Some(value) } => self.used(*value),
            Inst::Return { value: None } | Inst::Break { .. } | Inst::Continue { .. } => {}
        }
    }
}

/// Where the arena is.
#[derive(Clone, Copy)]
enum Base {
    /// As long as the function runs.
    Fixed(clif::Value),
    /// Until something grows it.
    Moving(Variable),
}

/// What is known of a register that is set once.
#[derive(Clone, Copy)]
enum Known {
    /// Its value.
    Value(clif::Value),
    /// It is always this.
    Constant(u64),
    /// It is 1 where a value is something else than 0, else 0; turned round, the other way.
    Flag { of: clif::Value, turned: bool },
    /// The sum of two registers that are set once.
    Sum(Reg, Reg),
}

/// A condition.
enum Condition {
    /// Decided.
    Always(bool),
    /// Where a value is something else than 0; turned round, where it is 0.
    Of { of: clif::Value, turned: bool },
}

/// What was written in a block, and may not be used behind its end.
enum Written {
    Constant(bool, u64, Option<clif::Value>),
    Address(Reg, Option<Address>),
}

/// The address of a register's record: what is added to it, and how often the arena may have moved before.
#[derive(Clone, Copy)]
struct Address {
    value: clif::Value,
    plus: i32,
    era: u32,
}

struct OpenLoop {
    head: clif::Block,
    end: clif::Block,
    left: bool,
}

struct Writer<'a, 'b, 'f> {
    program: &'a Program,
    function: &'a Function,
    callees: &'a Callees,
    b: &'b mut FunctionBuilder<'f>,
    context: clif::Value,
    arena: Base,
    /// How often the arena may have moved.
    era: u32,
    /// Variables of registers that are not set once.
    variables: Vec<Option<Variable>>,
    known: Vec<Option<Known>>,
    /// Constants at hand: whether they are real, and their bits.
    constants: BTreeMap<(bool, u64), clif::Value>,
    addresses: Vec<Option<Address>>,
    /// What is at hand for the open blocks only.
    undo: Vec<Written>,
    called: BTreeMap<ModuleFuncId, clif::FuncRef>,
    loops: Vec<OpenLoop>,
}

impl<'a> Writer<'a, '_, '_> {
    fn ty(&self, r: Reg) -> clif::Type {
        self.function.registers.get(r.0 as usize).map_or(types::I64, |t| machine_type(*t))
    }

    // ---- what registers hold ----

    fn known(&self, r: Reg) -> Option<Known> {
        self.known.get(r.0 as usize).copied().flatten()
    }

    fn constant_of(&self, r: Reg) -> Option<u64> {
        match self.known(r) {
            Some(Known::Constant(bits)) => Some(bits),
            _ => None,
        }
    }

    fn set(&mut self, r: Reg, known: Known) -> Result<(), String> {
        let variable = *self.variables.get(r.0 as usize).ok_or("no such register")?;
        if let Some(variable) = variable {
            let value = self.written(known, self.ty(r))?;
            self.b.def_var(variable, value);
        } else if let Some(place) = self.known.get_mut(r.0 as usize) {
            *place = Some(known);
        }
        Ok(())
    }

    /// What a register holds now, whatever becomes of it.
    fn held(&mut self, r: Reg) -> Result<Known, String> {
        let variable = *self.variables.get(r.0 as usize).ok_or("no such register")?;
        match variable {
            Some(variable) => Ok(Known::Value(self.b.use_var(variable))),
            None => self.known(r).ok_or_else(|| format!("r{} is used before it is set", r.0)),
        }
    }

    fn get(&mut self, r: Reg) -> Result<clif::Value, String> {
        let known = self.held(r)?;
        self.written(known, self.ty(r))
    }

    /// The value of what is known.
    fn written(&mut self, known: Known, ty: clif::Type) -> Result<clif::Value, String> {
        Ok(match known {
            Known::Value(value) => value,
            Known::Constant(bits) => self.constant(bits, ty == types::F64),
            Known::Flag { of, turned } => {
                let flag = self.one_byte(of, turned);
                self.b.ins().uextend(types::I64, flag)
            }
            Known::Sum(a, b) => {
                let (a, b) = (self.get(a)?, self.get(b)?);
                self.b.ins().iadd(a, b)
            }
        })
    }

    fn constant(&mut self, bits: u64, real: bool) -> clif::Value {
        if let Some(value) = self.constants.get(&(real, bits)) {
            return *value;
        }
        let value = if real {
            self.b.ins().f64const(f64::from_bits(bits))
        } else {
            self.b.ins().iconst(types::I64, bits.cast_signed())
        };
        let before = self.constants.insert((real, bits), value);
        self.undo.push(Written::Constant(real, bits, before));
        value
    }

    /// A flag of one byte.
    fn one_byte(&mut self, of: clif::Value, turned: bool) -> clif::Value {
        if !turned && self.b.func.dfg.value_type(of) == types::I8 {
            return of;
        }
        let code = if turned { IntCC::Equal } else { IntCC::NotEqual };
        self.b.ins().icmp_imm_u(code, of, 0)
    }

    fn condition(&mut self, r: Reg) -> Result<Condition, String> {
        Ok(match self.held(r)? {
            Known::Constant(bits) => Condition::Always(bits != 0),
            Known::Flag { of, turned } => Condition::Of { of, turned },
            other => Condition::Of { of: self.written(other, types::I64)?, turned: false },
        })
    }

    // ---- memory ----

    fn arena(&mut self) -> clif::Value {
        match self.arena {
            Base::Fixed(address) => address,
            Base::Moving(variable) => self.b.use_var(variable),
        }
    }

    /// The arena may have moved.
    fn reload_arena(&mut self) {
        let Base::Moving(variable) = self.arena else { return };
        let flags = MemFlagsData::trusted();
        let address = self.b.ins().load(types::I64, flags, self.context, NativeContext::ARENA_OFFSET);
        self.b.def_var(variable, address);
        self.era += 1;
    }

    /// The address of a field, and what is to be added to it.
    fn address(&mut self, base: Reg, offset: i32) -> Result<(clif::Value, i32), String> {
        let known = self.known(base);
        if let Some(Known::Constant(bits)) = known
            && let Some(plus) = i32::try_from(bits.cast_signed()).ok().and_then(|b| b.checked_add(offset))
        {
            return Ok((self.arena(), plus));
        }
        let at_hand = self.addresses.get(base.0 as usize).copied().flatten().filter(|a| a.era == self.era);
        if let Some(address) = at_hand
            && let Some(plus) = address.plus.checked_add(offset)
        {
            return Ok((address.value, plus));
        }
        // An element of an array: the address of the array is shared, and the processor adds the rest.
        let (value, plus) = match known {
            Some(Known::Sum(array, more)) => {
                let constant = self.constant_of(more).and_then(|bits| i32::try_from(bits.cast_signed()).ok());
                let (value, plus) = self.address(array, 0)?;
                if let Some(plus) = constant.and_then(|c| plus.checked_add(c)) {
                    (value, plus)
                } else {
                    let more = self.get(more)?;
                    (self.b.ins().iadd(value, more), plus)
                }
            }
            _ => {
                let (arena, handle) = (self.arena(), self.get(base)?);
                (self.b.ins().iadd(arena, handle), 0)
            }
        };
        if known.is_some()
            && let Some(place) = self.addresses.get_mut(base.0 as usize)
        {
            let before = place.replace(Address { value, plus, era: self.era });
            self.undo.push(Written::Address(base, before));
        }
        if let Some(plus) = plus.checked_add(offset) {
            return Ok((value, plus));
        }
        let value = self.b.ins().iadd_imm_s(value, i64::from(plus));
        Ok((value, offset))
    }

    // ---- control ----

    /// Writes a block that is entered by a jump; true when its end cannot be reached.
    fn nested(&mut self, block: &'a [Inst]) -> Result<bool, String> {
        let known = self.undo.len();
        let ended = self.block(block)?;
        for written in self.undo.drain(known.min(self.undo.len())..).rev() {
            match written {
                Written::Constant(real, bits, Some(before)) => {
                    self.constants.insert((real, bits), before);
                }
                Written::Constant(real, bits, None) => {
                    self.constants.remove(&(real, bits));
                }
                Written::Address(r, before) => {
                    if let Some(place) = self.addresses.get_mut(r.0 as usize) {
                        *place = before;
                    }
                }
            }
        }
        Ok(ended)
    }

    /// Writes what stands in a block one after the other; true when its end cannot be reached.
    fn block(&mut self, block: &'a [Inst]) -> Result<bool, String> {
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

    /// Writes two selections by one condition as one of 128 bits, so that the condition is tested once; false
    /// where they are something else.
    fn two_selects(&mut self, one: &Inst, two: &Inst) -> Result<bool, String> {
        let (Inst::Select { dst, cond, a, b }, Inst::Select { dst: dst2, cond: cond2, a: a2, b: b2 }) = (one, two)
        else {
            return Ok(false);
        };
        if cond != cond2 || [a2, b2, cond].contains(&dst) || [*dst, *dst2].iter().any(|r| self.ty(*r) != types::I64) {
            return Ok(false);
        }
        let Condition::Of { of, turned } = self.condition(*cond)? else { return Ok(false) };
        let (a, b) = if turned { ((b, b2), (a, a2)) } else { ((a, a2), (b, b2)) };
        let (a, b) = ((self.get(*a.0)?, self.get(*a.1)?), (self.get(*b.0)?, self.get(*b.1)?));
        let yes = self.b.ins().iconcat(a.0, a.1);
        let no = self.b.ins().iconcat(b.0, b.1);
        let both = self.b.ins().select(of, yes, no);
        let (low, high) = self.b.ins().isplit(both);
        self.set(*dst, Known::Value(low))?;
        self.set(*dst2, Known::Value(high))?;
        Ok(true)
    }

    fn jump_unless(&mut self, ended: bool, to: clif::Block) {
        if !ended {
            self.b.ins().jump(to, &[]);
        }
    }

    /// Goes on with a block that others jump to.
    fn go_on_at(&mut self, block: clif::Block) {
        self.b.switch_to_block(block);
        self.b.seal_block(block);
    }

    fn inst(&mut self, inst: &'a Inst) -> Result<bool, String> {
        match inst {
            Inst::Const { dst, bits } => self.set(*dst, Known::Constant(*bits))?,
            Inst::Unary { op: UnaryOp::Copy, dst, a } => {
                let held = self.held(*a)?;
                self.set(*dst, held)?;
            }
            Inst::Unary { op, dst, a } => {
                let a = self.get(*a)?;
                let value = self.unary(*op, a);
                self.set(*dst, Known::Value(value))?;
            }
            Inst::Binary { op, dst, a, b } => {
                let known = self.binary(*op, *a, *b)?;
                self.set(*dst, known)?;
            }
            Inst::Select { dst, cond, a, b } => {
                let known = match self.condition(*cond)? {
                    Condition::Always(yes) => self.held(if yes { *a } else { *b })?,
                    Condition::Of { of, turned } => {
                        let (a, b) = if turned { (*b, *a) } else { (*a, *b) };
                        let (a, b) = (self.get(a)?, self.get(b)?);
                        Known::Value(self.b.ins().select(of, a, b))
                    }
                };
                self.set(*dst, known)?;
            }
            Inst::Load { dst, base, offset } => {
                let (address, offset) = self.address(*base, *offset)?;
                let ty = self.ty(*dst);
                let value = self.b.ins().load(ty, MemFlagsData::trusted(), address, offset);
                self.set(*dst, Known::Value(value))?;
            }
            Inst::Touch { base, offset } => {
                // A load that is not known to succeed is kept, though nothing uses it: it could trap.
                let (address, offset) = self.address(*base, *offset)?;
                self.b.ins().load(types::I8, MemFlagsData::new(), address, offset);
            }
            Inst::Store { base, offset, value } => {
                let (address, offset) = self.address(*base, *offset)?;
                let value = self.get(*value)?;
                self.b.ins().store(MemFlagsData::trusted(), value, address, offset);
            }
            Inst::Call { function, args, dst } => self.call(function.0 as usize, args, *dst)?,
            Inst::Host { function, args, dst } => self.call_host(*function, args, *dst)?,
            Inst::Choose { policy, .. } => return self.block(policy),
            Inst::If { cond, then, otherwise } => return self.either(*cond, then, otherwise),
            Inst::Switch { on, cases, default } => return self.switch(*on, cases, default),
            Inst::Loop { body } => return self.repeat(body),
            Inst::Break { depth } | Inst::Continue { depth } => {
                let index = self.loops.len().checked_sub(1 + *depth as usize);
                let open = index.and_then(|i| self.loops.get_mut(i)).ok_or("no such loop")?;
                let leaves = matches!(inst, Inst::Break { .. });
                open.left |= leaves;
                let to = if leaves { open.end } else { open.head };
                self.b.ins().jump(to, &[]);
                return Ok(true);
            }
            Inst::Return { value } => {
                let value = value.map(|v| self.get(v)).transpose()?;
                self.b.ins().return_(value.as_slice());
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn either(&mut self, cond: Reg, then: &'a [Inst], otherwise: &'a [Inst]) -> Result<bool, String> {
        let (of, turned) = match self.condition(cond)? {
            Condition::Always(true) => return self.block(then),
            Condition::Always(false) => return self.block(otherwise),
            Condition::Of { of, turned } => (of, turned),
        };
        let (then, otherwise) = if turned { (otherwise, then) } else { (then, otherwise) };
        let end = self.b.create_block();
        let mut block_of = |block: &[Inst]| if block.is_empty() { end } else { self.b.create_block() };
        let (yes, no) = (block_of(then), block_of(otherwise));
        self.b.ins().brif(of, yes, &[], no, &[]);
        self.branches([(yes, then), (no, otherwise)], end)
    }

    /// Writes blocks that are jumped to, those that are empty being the end; true when that cannot be reached.
    fn branches(
        &mut self,
        all: impl IntoIterator<Item = (clif::Block, &'a [Inst])>,
        end: clif::Block,
    ) -> Result<bool, String> {
        let mut reached = false;
        for (block, body) in all {
            if block == end {
                reached = true;
                continue;
            }
            self.go_on_at(block);
            let ended = self.nested(body)?;
            self.jump_unless(ended, end);
            reached |= !ended;
        }
        if reached {
            self.go_on_at(end);
        }
        Ok(!reached)
    }

    fn switch(&mut self, on: Reg, cases: &'a [Vec<Inst>], default: &'a [Inst]) -> Result<bool, String> {
        let on = self.get(on)?;
        let end = self.b.create_block();
        let blocks: Vec<clif::Block> =
            cases.iter().map(|case| if case.is_empty() { end } else { self.b.create_block() }).collect();
        let other = if default.is_empty() { end } else { self.b.create_block() };
        self.choose_block(on, &blocks, other);
        self.branches(blocks.into_iter().zip(cases.iter().map(Vec::as_slice)).chain([(other, default)]), end)
    }

    /// Jumps to the block of a number, or to another. What is compared with a few numbers is foretold better than
    /// what is looked up.
    fn choose_block(&mut self, on: clif::Value, blocks: &[clif::Block], other: clif::Block) {
        let own: Vec<(usize, clif::Block)> =
            blocks.iter().copied().enumerate().filter(|(_, block)| *block != other).collect();
        if own.len() <= 3 {
            for (i, block) in own {
                let next = self.b.create_block();
                let this = self.b.ins().icmp_imm_u(IntCC::Equal, on, i64::try_from(i).unwrap_or(i64::MAX));
                self.b.ins().brif(this, block, &[], next, &[]);
                self.go_on_at(next);
            }
            self.b.ins().jump(other, &[]);
            return;
        }
        let mut switch = Switch::new();
        for (i, block) in own {
            switch.set_entry(i as u128, block);
        }
        let on = self.b.ins().ireduce(types::I32, on);
        switch.emit(self.b, on, other);
    }

    fn repeat(&mut self, body: &'a [Inst]) -> Result<bool, String> {
        let (head, end) = (self.b.create_block(), self.b.create_block());
        self.b.ins().jump(head, &[]);
        self.b.switch_to_block(head);
        // What was known of addresses does not hold in a further round.
        if may_move(body, &self.callees.moves) {
            self.era += 1;
        }
        self.loops.push(OpenLoop { head, end, left: false });
        let ended = self.nested(body)?;
        self.jump_unless(ended, head);
        self.b.seal_block(head);
        let left = self.loops.pop().is_some_and(|open| open.left);
        if left {
            self.go_on_at(end);
        }
        Ok(!left)
    }

    // ---- calls ----

    fn callee(&mut self, id: ModuleFuncId, ours: bool, signature: impl FnOnce() -> Signature) -> clif::FuncRef {
        if let Some(callee) = self.called.get(&id) {
            return *callee;
        }
        let signature = self.b.func.import_signature(signature());
        let name = clif::UserExternalName { namespace: 0, index: id.as_u32() };
        let name = self.b.func.declare_imported_user_function(name);
        let callee = self.b.func.import_function(clif::ExtFuncData {
            name: clif::ExternalName::user(name),
            signature,
            colocated: ours,
            patchable: false,
        });
        self.called.insert(id, callee);
        callee
    }

    fn call(&mut self, index: usize, args: &[Reg], dst: Option<Reg>) -> Result<(), String> {
        let (program, callees) = (self.program, self.callees);
        let function = program.functions.get(index).ok_or("no such function")?;
        let id = *callees.functions.get(index).ok_or("no such function")?;
        let callee = self.callee(id, true, || callees.signature(function));
        let mut values = Vec::with_capacity(1 + args.len());
        values.push(self.context);
        for arg in args {
            values.push(self.get(*arg)?);
        }
        let call = self.b.ins().call(callee, &values);
        let result = self.b.inst_results(call).first().copied();
        if let (Some(dst), Some(result)) = (dst, result) {
            self.set(dst, Known::Value(result))?;
        }
        if callees.moves.get(index).copied().unwrap_or(true) {
            self.reload_arena();
        }
        Ok(())
    }

    fn call_host(&mut self, function: HostFn, args: &[Reg], dst: Reg) -> Result<(), String> {
        let callees = self.callees;
        let index = HostFn::ALL.iter().position(|f| *f == function).ok_or("no such host function")?;
        let id = *callees.hosts.get(index).ok_or("no such host function")?;
        let callee = self.callee(id, false, || callees.host_signature());
        let mut values = [self.context; 4];
        for (i, value) in values.iter_mut().skip(1).enumerate() {
            *value = match args.get(i) {
                Some(arg) => self.get(*arg)?,
                None => self.constant(0, false),
            };
        }
        let call = self.b.ins().call(callee, &values);
        let result = self.b.inst_results(call).first().copied().ok_or("no result")?;
        self.set(dst, Known::Value(result))?;
        if function == HostFn::GrowItems {
            self.reload_arena();
        }
        Ok(())
    }

    // ---- values ----

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

    fn binary(&mut self, op: BinaryOp, a: Reg, b: Reg) -> Result<Known, String> {
        if let Some(known) = self.plain(op, a, b)? {
            return Ok(known);
        }
        let (x, y) = (self.get(a)?, self.get(b)?);
        let ins = self.b.ins();
        let flag = match op {
            BinaryOp::Add => return Ok(Known::Value(ins.iadd(x, y))),
            BinaryOp::Sub => return Ok(Known::Value(ins.isub(x, y))),
            BinaryOp::Mul => return Ok(Known::Value(ins.imul(x, y))),
            BinaryOp::MulHigh => return Ok(Known::Value(ins.umulhi(x, y))),
            BinaryOp::And => return Ok(Known::Value(ins.band(x, y))),
            BinaryOp::Or => return Ok(Known::Value(ins.bor(x, y))),
            BinaryOp::Xor => return Ok(Known::Value(ins.bxor(x, y))),
            BinaryOp::ShiftLeft => return Ok(Known::Value(ins.ishl(x, y))),
            BinaryOp::ShiftRight => return Ok(Known::Value(ins.ushr(x, y))),
            BinaryOp::RotateLeft => return Ok(Known::Value(ins.rotl(x, y))),
            BinaryOp::AddReal => return Ok(Known::Value(ins.fadd(x, y))),
            BinaryOp::SubReal => return Ok(Known::Value(ins.fsub(x, y))),
            BinaryOp::MulReal => return Ok(Known::Value(ins.fmul(x, y))),
            BinaryOp::DivReal => return Ok(Known::Value(ins.fdiv(x, y))),
            BinaryOp::Equal => ins.icmp(IntCC::Equal, x, y),
            BinaryOp::NotEqual => ins.icmp(IntCC::NotEqual, x, y),
            BinaryOp::Less => ins.icmp(IntCC::SignedLessThan, x, y),
            BinaryOp::LessEqual => ins.icmp(IntCC::SignedLessThanOrEqual, x, y),
            BinaryOp::LessUnsigned => ins.icmp(IntCC::UnsignedLessThan, x, y),
            BinaryOp::LessReal => ins.fcmp(FloatCC::LessThan, x, y),
            BinaryOp::LessEqualReal => ins.fcmp(FloatCC::LessThanOrEqual, x, y),
            BinaryOp::EqualReal => ins.fcmp(FloatCC::Equal, x, y),
        };
        Ok(Known::Flag { of: flag, turned: false })
    }

    /// What an operation gives where that is plain without an instruction, or needs another one.
    fn plain(&mut self, op: BinaryOp, a: Reg, b: Reg) -> Result<Option<Known>, String> {
        if op.takes_real() {
            return Ok(None);
        }
        let (one, two) = (self.constant_of(a), self.constant_of(b));
        Ok(match (op, one, two) {
            (BinaryOp::Add, Some(x), Some(y)) => Some(Known::Constant(x.wrapping_add(y))),
            (BinaryOp::Sub, Some(x), Some(y)) => Some(Known::Constant(x.wrapping_sub(y))),
            (BinaryOp::And, Some(x), Some(y)) => Some(Known::Constant(x & y)),
            (BinaryOp::Or, Some(x), Some(y)) => Some(Known::Constant(x | y)),
            (BinaryOp::Xor, Some(x), Some(y)) => Some(Known::Constant(x ^ y)),
            (BinaryOp::Equal, Some(x), Some(y)) => Some(Known::Constant(u64::from(x == y))),
            (BinaryOp::NotEqual, Some(x), Some(y)) => Some(Known::Constant(u64::from(x != y))),
            (BinaryOp::Add | BinaryOp::Or | BinaryOp::Xor, Some(0), _) => Some(self.held(b)?),
            (
                BinaryOp::Add
                | BinaryOp::Sub
                | BinaryOp::Or
                | BinaryOp::Xor
                | BinaryOp::ShiftLeft
                | BinaryOp::ShiftRight,
                _,
                Some(0),
            ) => Some(self.held(a)?),
            (BinaryOp::Equal | BinaryOp::NotEqual, Some(0), None) => Some(self.against_zero(op, b)?),
            (BinaryOp::Equal | BinaryOp::NotEqual, None, Some(0)) => Some(self.against_zero(op, a)?),
            (BinaryOp::And | BinaryOp::Or, None, None) => self.both_flags(op, a, b),
            (BinaryOp::Add, ..) if self.known(a).is_some() && self.known(b).is_some() => Some(Known::Sum(a, b)),
            _ => None,
        })
    }

    /// Whether an integer is 0, or is not.
    fn against_zero(&mut self, op: BinaryOp, r: Reg) -> Result<Known, String> {
        let zero = op == BinaryOp::Equal;
        Ok(match self.held(r)? {
            Known::Flag { of, turned } => Known::Flag { of, turned: turned != zero },
            other => Known::Flag { of: self.written(other, types::I64)?, turned: zero },
        })
    }

    /// Both or either of two flags.
    fn both_flags(&mut self, op: BinaryOp, a: Reg, b: Reg) -> Option<Known> {
        let (Some(Known::Flag { of: x, turned: x_turned }), Some(Known::Flag { of: y, turned: y_turned })) =
            (self.known(a), self.known(b))
        else {
            return None;
        };
        let (x, y) = (self.one_byte(x, x_turned), self.one_byte(y, y_turned));
        let both = if op == BinaryOp::And { self.b.ins().band(x, y) } else { self.b.ins().bor(x, y) };
        Some(Known::Flag { of: both, turned: false })
    }
}
