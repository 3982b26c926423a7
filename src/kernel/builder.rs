//! Writes kernel functions: one method per operation, closures for blocks. It derives the type of
//! every result (`Time - Time` is a `Duration`) and notes combinations that have no meaning; the
//! first such note fails the lowering as an internal error.

use super::program::{BinaryOp, FuncId, Function, HostFn, Inst, Program, Reg, Site, Ty, UnaryOp};

/// A value in a register.
#[derive(Clone, Copy, Debug)]
pub struct V {
    /// Where it is.
    pub reg: Reg,
    /// What it is.
    pub ty: Ty,
}

/// A field of a record: its byte offset and what it holds.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Bytes from the record's handle.
    pub offset: i32,
    /// What it holds.
    pub ty: Ty,
}

impl Field {
    /// The same field in the n-th of records `stride` bytes apart, or n words further.
    #[must_use]
    pub const fn plus(self, bytes: i32) -> Field {
        Field { offset: self.offset + bytes, ty: self.ty }
    }
}

/// Writes one function.
pub struct Builder<'p> {
    program: &'p mut Program,
    function: Function,
    blocks: Vec<Vec<Inst>>,
    errors: Vec<String>,
    zero: Option<V>,
    now: Option<V>,
}

impl<'p> Builder<'p> {
    /// Begins a function.
    pub fn new(program: &'p mut Program, name: &str, parameters: &[Ty], result: Option<Ty>) -> (Self, Vec<V>) {
        let function = Function {
            name: name.to_string(),
            registers: parameters.to_vec(),
            parameters: parameters.len(),
            result,
            body: Vec::new(),
        };
        let args = (0u32..).zip(parameters).map(|(i, ty)| V { reg: Reg(i), ty: *ty }).collect();
        (Self { program, function, blocks: vec![Vec::new()], errors: Vec::new(), zero: None, now: None }, args)
    }

    /// Ends the function and returns its id.
    ///
    /// # Errors
    /// The first combination of types that has no meaning.
    pub fn finish(mut self) -> Result<FuncId, String> {
        if let Some(error) = self.errors.first() {
            return Err(format!("kernel function `{}`: {error}", self.function.name));
        }
        self.function.body = self.blocks.pop().unwrap_or_default();
        let id = FuncId(u32::try_from(self.program.functions.len()).unwrap_or(u32::MAX));
        self.program.functions.push(self.function);
        Ok(id)
    }

    fn register(&mut self, ty: Ty) -> V {
        let reg = Reg(u32::try_from(self.function.registers.len()).unwrap_or(u32::MAX));
        self.function.registers.push(ty);
        V { reg, ty }
    }

    fn push(&mut self, inst: Inst) {
        if let Some(block) = self.blocks.last_mut() {
            block.push(inst);
        }
    }

    fn block(&mut self, write: impl FnOnce(&mut Self)) -> Vec<Inst> {
        // What is found inside a block does not exist outside it.
        let (zero, now) = (self.zero, self.now);
        self.blocks.push(Vec::new());
        write(self);
        (self.zero, self.now) = (zero, now);
        self.blocks.pop().unwrap_or_default()
    }

    /// A new decision site.
    pub fn site(&mut self, what: &'static str) -> u32 {
        self.program.sites.push(Site { what });
        u32::try_from(self.program.sites.len() - 1).unwrap_or(u32::MAX)
    }

    // ---- values ----

    /// An integer constant of a type.
    pub fn int(&mut self, value: i64, ty: Ty) -> V {
        let dst = self.register(ty);
        self.push(Inst::Const { dst: dst.reg, bits: value.cast_unsigned() });
        dst
    }

    /// A count.
    pub fn count(&mut self, value: i64) -> V {
        self.int(value, Ty::Count)
    }

    /// The handle 0: none, and the handle of the header.
    pub fn none(&mut self) -> V {
        if let Some(zero) = self.zero {
            return zero;
        }
        let zero = self.int(0, Ty::Handle);
        self.zero = Some(zero);
        zero
    }

    /// The present time, read from a field of the header once: it changes between events only.
    pub fn now(&mut self, field: Field) -> V {
        if let Some(now) = self.now {
            return now;
        }
        let now = self.header(field);
        self.now = Some(now);
        now
    }

    /// The present time is this.
    pub fn know_now(&mut self, time: V) {
        self.now = Some(time);
    }

    /// What is known of the time no longer holds.
    pub fn forget_now(&mut self) {
        self.now = None;
    }

    /// A real constant.
    pub fn real(&mut self, value: f64) -> V {
        let dst = self.register(Ty::Real);
        self.push(Inst::Const { dst: dst.reg, bits: value.to_bits() });
        dst
    }

    /// A variable with a first value; [`Builder::set`] changes it.
    pub fn var(&mut self, value: V) -> V {
        let dst = self.register(value.ty);
        self.set(dst, value);
        dst
    }

    /// Changes a variable.
    pub fn set(&mut self, var: V, value: V) {
        self.push(Inst::Unary { op: UnaryOp::Copy, dst: var.reg, a: value.reg });
    }

    /// The same bits under another type.
    pub fn cast(&mut self, value: V, ty: Ty) -> V {
        V { reg: value.reg, ty }
    }

    /// An operation of one value.
    pub fn unary(&mut self, op: UnaryOp, a: V, ty: Ty) -> V {
        let dst = self.register(ty);
        self.push(Inst::Unary { op, dst: dst.reg, a: a.reg });
        dst
    }

    /// An operation of two values with a result type of one's own.
    pub fn binary(&mut self, op: BinaryOp, a: V, b: V, ty: Ty) -> V {
        let dst = self.register(ty);
        self.push(Inst::Binary { op, dst: dst.reg, a: a.reg, b: b.reg });
        dst
    }

    /// Sum.
    pub fn add(&mut self, a: V, b: V) -> V {
        use Ty::{Count, Duration, Handle, Real, Time};
        let ty = match (a.ty, b.ty) {
            (Real, Real) => return self.binary(BinaryOp::AddReal, a, b, Real),
            (Time, Duration) | (Duration, Time) => Time,
            (Duration, Duration) => Duration,
            (Count, Count) => Count,
            (Handle, Count) => Handle,
            _ => self.mismatch("add", a, b),
        };
        self.binary(BinaryOp::Add, a, b, ty)
    }

    /// Difference.
    pub fn sub(&mut self, a: V, b: V) -> V {
        use Ty::{Count, Duration, Real, Time};
        let ty = match (a.ty, b.ty) {
            (Real, Real) => return self.binary(BinaryOp::SubReal, a, b, Real),
            (Time, Time) | (Duration, Duration) => Duration,
            (Time, Duration) => Time,
            (Count, Count) => Count,
            _ => self.mismatch("subtract", a, b),
        };
        self.binary(BinaryOp::Sub, a, b, ty)
    }

    /// Product of reals or counts.
    pub fn mul(&mut self, a: V, b: V) -> V {
        if a.ty == Ty::Real {
            self.binary(BinaryOp::MulReal, a, b, Ty::Real)
        } else {
            self.binary(BinaryOp::Mul, a, b, Ty::Count)
        }
    }

    fn mismatch(&mut self, what: &str, a: V, b: V) -> Ty {
        self.errors.push(format!("cannot {what} {:?} and {:?}", a.ty, b.ty));
        a.ty
    }

    fn compare(&mut self, op: BinaryOp, real: BinaryOp, a: V, b: V) -> V {
        if a.ty != b.ty {
            self.mismatch("compare", a, b);
        }
        let op = if a.ty == Ty::Real { real } else { op };
        self.binary(op, a, b, Ty::Flag)
    }

    /// `a == b`
    pub fn eq(&mut self, a: V, b: V) -> V {
        self.compare(BinaryOp::Equal, BinaryOp::EqualReal, a, b)
    }

    /// `a != b` (integers)
    pub fn ne(&mut self, a: V, b: V) -> V {
        self.compare(BinaryOp::NotEqual, BinaryOp::NotEqual, a, b)
    }

    /// `a < b`
    pub fn lt(&mut self, a: V, b: V) -> V {
        self.compare(BinaryOp::Less, BinaryOp::LessReal, a, b)
    }

    /// `a <= b`
    pub fn le(&mut self, a: V, b: V) -> V {
        self.compare(BinaryOp::LessEqual, BinaryOp::LessEqualReal, a, b)
    }

    /// `a == 0` of an integer.
    pub fn is_zero(&mut self, a: V) -> V {
        let zero = self.int(0, a.ty);
        self.eq(a, zero)
    }

    /// `a != 0` of an integer.
    pub fn ne_zero(&mut self, a: V) -> V {
        let zero = self.int(0, a.ty);
        self.ne(a, zero)
    }

    /// Both flags.
    pub fn and(&mut self, a: V, b: V) -> V {
        self.binary(BinaryOp::And, a, b, Ty::Flag)
    }

    /// Either flag.
    pub fn or(&mut self, a: V, b: V) -> V {
        self.binary(BinaryOp::Or, a, b, Ty::Flag)
    }

    /// The other flag.
    pub fn not(&mut self, a: V) -> V {
        self.is_zero(a)
    }

    /// Bit operations on counts.
    pub fn bits(&mut self, op: BinaryOp, a: V, b: V) -> V {
        self.binary(op, a, b, Ty::Count)
    }

    /// A bit operation with a constant.
    pub fn bits_with(&mut self, op: BinaryOp, a: V, constant: i64) -> V {
        let b = self.count(constant);
        self.binary(op, a, b, Ty::Count)
    }

    /// `cond ? a : b`, both computed.
    pub fn select(&mut self, cond: V, a: V, b: V) -> V {
        let dst = self.register(a.ty);
        self.push(Inst::Select { dst: dst.reg, cond: cond.reg, a: a.reg, b: b.reg });
        dst
    }

    /// Both of `cond ? a : b`.
    pub fn select_two(&mut self, cond: V, a: (V, V), b: (V, V)) -> (V, V) {
        (self.select(cond, a.0, b.0), self.select(cond, a.1, b.1))
    }

    /// Adds a constant to a count.
    pub fn plus(&mut self, a: V, constant: i64) -> V {
        let b = self.count(constant);
        self.add(a, b)
    }

    // ---- memory ----

    /// Reads a field of a record.
    pub fn load(&mut self, record: V, field: Field) -> V {
        let dst = self.register(field.ty);
        self.push(Inst::Load { dst: dst.reg, base: record.reg, offset: field.offset });
        dst
    }

    /// Has a field of a record at hand soon: what reads it later need not wait for the memory. The record may be 0,
    /// which is the header, and has to lie in the arena.
    pub fn touch(&mut self, record: V, field: Field) {
        self.push(Inst::Touch { base: record.reg, offset: field.offset });
    }

    /// Writes a field of a record.
    pub fn store(&mut self, record: V, field: Field, value: V) {
        if (field.ty == Ty::Real) != (value.ty == Ty::Real) {
            self.errors.push(format!("cannot store {:?} in a field of {:?}", value.ty, field.ty));
        }
        self.push(Inst::Store { base: record.reg, offset: field.offset, value: value.reg });
    }

    /// Writes a constant into an integer field.
    pub fn store_int(&mut self, record: V, field: Field, value: i64) {
        let value = self.int(value, field.ty);
        self.store(record, field, value);
    }

    /// Adds to an integer field and returns the new value.
    pub fn bump(&mut self, record: V, field: Field, by: i64) -> V {
        let old = self.load(record, field);
        let by = self.int(by, field.ty);
        let new = self.binary(BinaryOp::Add, old, by, field.ty);
        self.store(record, field, new);
        new
    }

    /// Reads a field of the header.
    pub fn header(&mut self, field: Field) -> V {
        let header = self.none();
        self.load(header, field)
    }

    /// Writes a field of the header.
    pub fn set_header(&mut self, field: Field, value: V) {
        let header = self.none();
        self.store(header, field, value);
    }

    /// The handle of the n-th record of an array.
    pub fn element(&mut self, array: V, index: V, stride: i64) -> V {
        let index = self.cast(index, Ty::Count);
        let offset = if stride.count_ones() == 1 {
            self.bits_with(BinaryOp::ShiftLeft, index, i64::from(stride.trailing_zeros()))
        } else {
            let stride = self.count(stride);
            self.mul(index, stride)
        };
        self.binary(BinaryOp::Add, array, offset, Ty::Handle)
    }

    /// The handle of a record that lies so many bytes behind another.
    pub fn beside(&mut self, record: V, bytes: i32) -> V {
        let distance = self.count(i64::from(bytes));
        self.binary(BinaryOp::Add, record, distance, Ty::Handle)
    }

    // ---- calls ----

    /// Calls a function without using its result.
    pub fn call(&mut self, function: FuncId, args: &[V]) {
        self.push(Inst::Call { function, args: args.iter().map(|v| v.reg).collect(), dst: None });
    }

    /// Calls a function for its result.
    pub fn call_for(&mut self, function: FuncId, args: &[V], ty: Ty) -> V {
        let dst = self.register(ty);
        self.push(Inst::Call { function, args: args.iter().map(|v| v.reg).collect(), dst: Some(dst.reg) });
        dst
    }

    /// Calls the host.
    pub fn host(&mut self, function: HostFn, args: &[V], ty: Ty) -> V {
        let dst = self.register(ty);
        self.push(Inst::Host { function, args: args.iter().map(|v| v.reg).collect(), dst: dst.reg });
        dst
    }

    // ---- control ----

    /// `if cond { then }`
    pub fn when(&mut self, cond: V, then: impl FnOnce(&mut Self)) {
        let then = self.block(then);
        self.push(Inst::If { cond: cond.reg, then, otherwise: Vec::new() });
    }

    /// `if cond { then } else { otherwise }`
    pub fn either(&mut self, cond: V, then: impl FnOnce(&mut Self), otherwise: impl FnOnce(&mut Self)) {
        let then = self.block(then);
        let otherwise = self.block(otherwise);
        self.push(Inst::If { cond: cond.reg, then, otherwise });
    }

    /// `loop { body }`
    pub fn repeat(&mut self, body: impl FnOnce(&mut Self)) {
        let body = self.block(body);
        self.push(Inst::Loop { body });
    }

    /// For each of the first `number` elements of an array, where it lies. `stride` is in bytes.
    pub fn each(&mut self, array: V, number: V, stride: i64, body: impl FnOnce(&mut Self, V)) {
        let zero = self.count(0);
        let i = self.var(zero);
        self.repeat(|b| {
            let end = b.le(number, i);
            b.leave_if(end);
            let at = b.element(array, i, stride);
            let next = b.plus(i, 1);
            b.set(i, next);
            body(b, at);
        });
    }

    /// Leaves the innermost loop.
    pub fn leave(&mut self) {
        self.push(Inst::Break { depth: 0 });
    }

    /// Leaves the innermost loop when the flag is set.
    pub fn leave_if(&mut self, cond: V) {
        self.when(cond, Self::leave);
    }

    /// Begins the next round of the innermost loop.
    pub fn again(&mut self) {
        self.push(Inst::Continue { depth: 0 });
    }

    /// A switch over dense values; `case(b, i)` writes the i-th.
    pub fn switch(&mut self, on: V, cases: usize, mut case: impl FnMut(&mut Self, usize)) {
        if cases == 1 {
            case(self, 0);
            return;
        }
        let cases = (0..cases).map(|i| self.block(|b| case(b, i))).collect();
        self.push(Inst::Switch { on: on.reg, cases, default: Vec::new() });
    }

    /// A decision among `candidates`, with the policy used unless another is attached. The policy
    /// sets the variable it is given.
    pub fn choose(&mut self, what: &'static str, candidates: V, policy: impl FnOnce(&mut Self, V)) -> V {
        let site = self.site(what);
        let dst = self.register(Ty::Count);
        let policy = self.block(|b| policy(b, dst));
        self.push(Inst::Choose { site, candidates: candidates.reg, dst: dst.reg, policy });
        dst
    }

    /// Leaves the function.
    pub fn give(&mut self, value: Option<V>) {
        self.push(Inst::Return { value: value.map(|v| v.reg) });
    }
}
