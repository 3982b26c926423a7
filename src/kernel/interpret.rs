//! The reference engine: executes the kernel program instruction by instruction over the arena.
//! Every memory access is checked; an access outside the arena ends the run as an internal error.

use super::host::Host;
use super::program::{BinaryOp, FuncId, Function, HostFn, Inst, Program, Reg, UnaryOp};

/// A flat instruction: structured control flow turned into jumps.
#[derive(Clone, Debug)]
enum Flat {
    Const { dst: u32, bits: u64 },
    Unary { op: UnaryOp, dst: u32, a: u32 },
    Binary { op: BinaryOp, dst: u32, a: u32, b: u32 },
    Select { dst: u32, cond: u32, a: u32, b: u32 },
    Load { dst: u32, base: u32, offset: i32 },
    Store { base: u32, offset: i32, value: u32 },
    Call { function: u32, args: Box<[u32]>, dst: Option<u32> },
    Host { function: HostFn, args: Box<[u32]>, dst: u32 },
    Jump { to: u32 },
    JumpIfZero { cond: u32, to: u32 },
    Switch { on: u32, targets: Box<[u32]>, default: u32 },
    Return { value: Option<u32> },
}

#[derive(Clone, Debug)]
struct FlatFunction {
    code: Vec<Flat>,
    registers: usize,
}

/// A program made ready for interpretation.
#[derive(Clone, Debug)]
pub struct Interpreter {
    functions: Vec<FlatFunction>,
    entry: usize,
}

/// The program left its memory or its code: a bug of the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenProgram(pub String);

impl Interpreter {
    /// Flattens a program. O(instructions).
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let functions: Vec<_> = program.functions.iter().map(flatten).collect();
        let entry = functions.len().saturating_sub(1);
        Self { functions, entry }
    }

    /// Runs the entry function and returns its status word.
    ///
    /// # Errors
    /// When the program is broken; never on account of the plant.
    pub fn run(&self, host: &mut Host) -> Result<i64, BrokenProgram> {
        let mut stack = Vec::with_capacity(4096);
        self.call(self.entry, &[], host, &mut stack, 0).map(u64::cast_signed)
    }

    #[allow(clippy::too_many_lines)]
    fn call(
        &self,
        function: usize,
        args: &[u64],
        host: &mut Host,
        stack: &mut Vec<u64>,
        depth: usize,
    ) -> Result<u64, BrokenProgram> {
        let broken = |what: &str| BrokenProgram(format!("{what} in kernel function {function}"));
        let f = self.functions.get(function).ok_or_else(|| broken("no such function"))?;
        if depth > 64 {
            return Err(broken("endless recursion"));
        }
        let base = stack.len();
        stack.resize(base + f.registers, 0);
        for (slot, arg) in stack[base..].iter_mut().zip(args) {
            *slot = *arg;
        }
        let mut at = 0usize;
        loop {
            let regs = &mut stack[base..];
            let Some(inst) = f.code.get(at) else { return Err(broken("ran off the end")) };
            at += 1;
            match inst {
                Flat::Const { dst, bits } => regs[*dst as usize] = *bits,
                Flat::Unary { op, dst, a } => regs[*dst as usize] = unary(*op, regs[*a as usize]),
                Flat::Binary { op, dst, a, b } => {
                    regs[*dst as usize] = binary(*op, regs[*a as usize], regs[*b as usize])
                }
                Flat::Select { dst, cond, a, b } => {
                    regs[*dst as usize] = if regs[*cond as usize] != 0 { regs[*a as usize] } else { regs[*b as usize] };
                }
                Flat::Load { dst, base, offset } => {
                    let address = regs[*base as usize].wrapping_add_signed(i64::from(*offset));
                    #[cfg(debug_assertions)]
                    if !host.arena.joins(regs[*base as usize], address) {
                        return Err(broken(&format!("read of word {} beyond a record", offset / 8)));
                    }
                    regs[*dst as usize] = host.arena.read(address).ok_or_else(|| broken("read outside the arena"))?;
                }
                Flat::Store { base, offset, value } => {
                    let address = regs[*base as usize].wrapping_add_signed(i64::from(*offset));
                    let value = regs[*value as usize];
                    #[cfg(debug_assertions)]
                    if !host.arena.joins(regs[*base as usize], address) {
                        return Err(broken(&format!("write of word {} beyond a record", offset / 8)));
                    }
                    host.arena.write(address, value).ok_or_else(|| broken("write outside the arena"))?;
                }
                Flat::Call { function, args, dst } => {
                    let mut values = [0u64; 8];
                    for (value, arg) in values.iter_mut().zip(args.iter()) {
                        *value = regs[*arg as usize];
                    }
                    let result = self.call(*function as usize, &values[..args.len().min(8)], host, stack, depth + 1)?;
                    if let Some(dst) = dst {
                        stack[base + *dst as usize] = result;
                    }
                }
                Flat::Host { function, args, dst } => {
                    let mut values = [0i64; 3];
                    for (value, arg) in values.iter_mut().zip(args.iter()) {
                        *value = regs[*arg as usize].cast_signed();
                    }
                    regs[*dst as usize] = host.call(*function, values).cast_unsigned();
                }
                Flat::Jump { to } => at = *to as usize,
                Flat::JumpIfZero { cond, to } => {
                    if regs[*cond as usize] == 0 {
                        at = *to as usize;
                    }
                }
                Flat::Switch { on, targets, default } => {
                    let on = usize::try_from(regs[*on as usize]).unwrap_or(usize::MAX);
                    at = *targets.get(on).unwrap_or(default) as usize;
                }
                Flat::Return { value } => {
                    let result = value.map_or(0, |v| regs[v as usize]);
                    stack.truncate(base);
                    return Ok(result);
                }
            }
        }
    }
}

/// What an operation of one value gives; the native back end emits the same.
fn unary(op: UnaryOp, a: u64) -> u64 {
    let real = f64::from_bits(a);
    match op {
        UnaryOp::Copy | UnaryOp::BitsToReal | UnaryOp::RealToBits => a,
        #[allow(clippy::cast_precision_loss)]
        UnaryOp::ToReal => (a.cast_signed() as f64).to_bits(),
        #[allow(clippy::cast_possible_truncation)]
        UnaryOp::RoundToInt => (real.round_ties_even() as i64).cast_unsigned(),
        UnaryOp::TrailingZeros => u64::from(a.trailing_zeros()),
        UnaryOp::LeadingZeros => u64::from(a.leading_zeros()),
        UnaryOp::SquareRoot => real.sqrt().to_bits(),
        UnaryOp::NegateReal => (-real).to_bits(),
        UnaryOp::Floor => real.floor().to_bits(),
        UnaryOp::Ceiling => real.ceil().to_bits(),
        UnaryOp::AbsoluteReal => real.abs().to_bits(),
    }
}

/// What an operation of two values gives; the native back end emits the same.
fn binary(op: BinaryOp, a: u64, b: u64) -> u64 {
    let (x, y) = (f64::from_bits(a), f64::from_bits(b));
    let (i, j) = (a.cast_signed(), b.cast_signed());
    match op {
        BinaryOp::Add => a.wrapping_add(b),
        BinaryOp::Sub => a.wrapping_sub(b),
        BinaryOp::Mul => a.wrapping_mul(b),
        #[allow(clippy::cast_possible_truncation)]
        BinaryOp::MulHigh => ((u128::from(a) * u128::from(b)) >> 64) as u64,
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        BinaryOp::ShiftLeft => a << (b & 63),
        BinaryOp::ShiftRight => a >> (b & 63),
        BinaryOp::RotateLeft => a.rotate_left((b & 63) as u32),
        BinaryOp::Equal => u64::from(a == b),
        BinaryOp::NotEqual => u64::from(a != b),
        BinaryOp::Less => u64::from(i < j),
        BinaryOp::LessEqual => u64::from(i <= j),
        BinaryOp::LessUnsigned => u64::from(a < b),
        BinaryOp::AddReal => (x + y).to_bits(),
        BinaryOp::SubReal => (x - y).to_bits(),
        BinaryOp::MulReal => (x * y).to_bits(),
        BinaryOp::DivReal => (x / y).to_bits(),
        BinaryOp::LessReal => u64::from(x < y),
        BinaryOp::LessEqualReal => u64::from(x <= y),
        #[allow(clippy::float_cmp)]
        BinaryOp::EqualReal => u64::from(x == y),
    }
}

fn flatten(f: &Function) -> FlatFunction {
    let mut flattener = Flattener { code: Vec::new(), loops: Vec::new() };
    flattener.block(&f.body);
    flattener.code.push(Flat::Return { value: None });
    FlatFunction { code: flattener.code, registers: f.registers.len() }
}

struct OpenLoop {
    start: u32,
    breaks: Vec<usize>,
}

struct Flattener {
    code: Vec<Flat>,
    loops: Vec<OpenLoop>,
}

impl Flattener {
    fn here(&self) -> u32 {
        u32::try_from(self.code.len()).unwrap_or(u32::MAX)
    }

    /// Emits a jump whose target is patched later.
    fn gap(&mut self) -> usize {
        self.code.push(Flat::Jump { to: u32::MAX });
        self.code.len() - 1
    }

    fn patch(&mut self, at: usize) {
        let here = self.here();
        if let Some(Flat::Jump { to } | Flat::JumpIfZero { to, .. }) = self.code.get_mut(at) {
            *to = here;
        }
    }

    fn block(&mut self, block: &[Inst]) {
        for inst in block {
            self.inst(inst);
        }
    }

    fn inst(&mut self, inst: &Inst) {
        let n = |r: &Reg| r.0;
        let all = |regs: &[Reg]| regs.iter().map(n).collect::<Box<[u32]>>();
        let flat = match inst {
            Inst::Const { dst, bits } => Flat::Const { dst: dst.0, bits: *bits },
            Inst::Unary { op, dst, a } => Flat::Unary { op: *op, dst: dst.0, a: a.0 },
            Inst::Binary { op, dst, a, b } => Flat::Binary { op: *op, dst: dst.0, a: a.0, b: b.0 },
            Inst::Select { dst, cond, a, b } => Flat::Select { dst: dst.0, cond: cond.0, a: a.0, b: b.0 },
            Inst::Load { dst, base, offset } => Flat::Load { dst: dst.0, base: base.0, offset: *offset },
            Inst::Touch { .. } => return,
            Inst::Store { base, offset, value } => Flat::Store { base: base.0, offset: *offset, value: value.0 },
            Inst::Call { function: FuncId(f), args, dst } => {
                Flat::Call { function: *f, args: all(args), dst: dst.map(|d| d.0) }
            }
            Inst::Host { function, args, dst } => Flat::Host { function: *function, args: all(args), dst: dst.0 },
            Inst::Return { value } => Flat::Return { value: value.map(|v| v.0) },
            Inst::Choose { policy, .. } => return self.block(policy),
            Inst::If { cond, then, otherwise } => {
                self.code.push(Flat::JumpIfZero { cond: cond.0, to: u32::MAX });
                let skip = self.code.len() - 1;
                self.block(then);
                if otherwise.is_empty() {
                    self.patch(skip);
                } else {
                    let end = self.gap();
                    self.patch(skip);
                    self.block(otherwise);
                    self.patch(end);
                }
                return;
            }
            Inst::Switch { on, cases, default } => {
                let at = self.code.len();
                self.code.push(Flat::Jump { to: u32::MAX });
                let mut targets = Vec::with_capacity(cases.len());
                let mut ends = Vec::new();
                for case in cases {
                    targets.push(self.here());
                    self.block(case);
                    ends.push(self.gap());
                }
                let otherwise = self.here();
                self.block(default);
                for end in ends {
                    self.patch(end);
                }
                if let Some(place) = self.code.get_mut(at) {
                    *place = Flat::Switch { on: on.0, targets: targets.into(), default: otherwise };
                }
                return;
            }
            Inst::Loop { body } => {
                self.loops.push(OpenLoop { start: self.here(), breaks: Vec::new() });
                let start = self.here();
                self.block(body);
                self.code.push(Flat::Jump { to: start });
                if let Some(open) = self.loops.pop() {
                    for at in open.breaks {
                        self.patch(at);
                    }
                }
                return;
            }
            Inst::Break { depth } => {
                let at = self.gap();
                let index = self.loops.len().checked_sub(1 + *depth as usize);
                if let Some(open) = index.and_then(|i| self.loops.get_mut(i)) {
                    open.breaks.push(at);
                }
                return;
            }
            Inst::Continue { depth } => {
                let index = self.loops.len().checked_sub(1 + *depth as usize);
                let to = index.and_then(|i| self.loops.get(i)).map_or(u32::MAX, |l| l.start);
                Flat::Jump { to }
            }
        };
        self.code.push(flat);
    }
}
