//! The kernel program: the event handlers of one plant as a small typed program over the state
//! arena. The interpreter executes it, the native back end compiles it; both read it literally, so
//! their results are equal bit for bit.
//!
//! A program is a list of functions. A function works on registers; control flow is structured.
//! Memory is the arena only, addressed by a handle (byte offset) and a field offset. Integer
//! arithmetic wraps; comparisons give 0 or 1; there is no trap.

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use crate::base::Fingerprint;

/// What a register or field holds. All but [`Ty::Real`] are 64-bit integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// An instant in ticks.
    Time,
    /// A span of time in ticks.
    Duration,
    /// A count, an index, a bit set.
    Count,
    /// A real number.
    Real,
    /// A byte offset into the arena; 0 is "none".
    Handle,
    /// 0 or 1.
    Flag,
}

/// A register of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reg(pub u32);

/// A function of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FuncId(pub u32);

/// Operations of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// Copy to another register.
    Copy,
    /// Signed integer to real.
    ToReal,
    /// Real to integer, ties to even; not-a-number gives 0, beyond the range saturates.
    RoundToInt,
    /// Bits of an integer as a real.
    BitsToReal,
    /// Bits of a real as an integer.
    RealToBits,
    /// Trailing zero bits (64 for 0).
    TrailingZeros,
    /// Leading zero bits (64 for 0).
    LeadingZeros,
    /// Square root of a real.
    SquareRoot,
    /// Negated real.
    NegateReal,
    /// Next lower whole real.
    Floor,
    /// Next higher whole real.
    Ceiling,
    /// Absolute value of a real.
    AbsoluteReal,
}

/// Operations of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    /// High half of the unsigned product.
    MulHigh,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
    RotateLeft,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    LessUnsigned,
    AddReal,
    SubReal,
    MulReal,
    DivReal,
    LessReal,
    LessEqualReal,
    EqualReal,
}

impl BinaryOp {
    /// Whether the operands are reals.
    #[must_use]
    pub fn takes_real(self) -> bool {
        use BinaryOp::{AddReal, DivReal, EqualReal, LessEqualReal, LessReal, MulReal, SubReal};
        matches!(self, AddReal | SubReal | MulReal | DivReal | LessReal | LessEqualReal | EqualReal)
    }

    /// Whether the result is a real.
    #[must_use]
    pub fn gives_real(self) -> bool {
        use BinaryOp::{AddReal, DivReal, MulReal, SubReal};
        matches!(self, AddReal | SubReal | MulReal | DivReal)
    }
}

/// Calls out of the program, the same Rust function for both engines. All take up to three integers
/// and give one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HostFn {
    /// Makes room for more items; 0, or 1 when the memory cap is reached. May move the arena.
    GrowItems,
    /// Fills the batch of the draw record at the handle.
    Draw,
    /// Puts an item into the timed set of a buffer (buffer, item).
    TimedInsert,
    /// Brings a calendar record up to the present: whether it is on, and its next change.
    Calendar,
    /// The time to the next instant of the timetable of a draw record.
    Timetable,
    /// The value of a value record for an item: the bits of a real.
    Value,
    /// The number of the first law of a list that is not 0 for an item; their count when all are.
    FirstTrue,
    /// Finds the values of an item that the rules of an order go by (order, item).
    Keys,
    /// Puts the next item by an order first among what is offered (node, order, machine).
    Arrange,
    /// Whether an item goes before another, if there is one (order, item, other): 1, or 0.
    GoesBefore,
    /// The item of a buffer that is next to leave, or 0.
    Foremost,
    /// The first item of a buffer whose longest stay is over, or 0.
    Expired,
    /// When the next longest stay in a buffer is over.
    NextExpiry,
    /// What decides about the setup for an item (setup table, item): the bits of the value, plus one.
    SetupKey,
    /// The draw record of a setup, or 0 (setup table, key before, key to come).
    SetupOf,
    /// Searches what a station works on next and plans it (station): twice the number of items planned, plus
    /// one when they are as many as it could take.
    Search,
    /// Computes values over all items that a machine has loaded (list, machine).
    Keep,
    /// Gives a new item what its type carries.
    Born,
    /// Gives a product what the main part carried (part, product, type of the part).
    Inherit,
    /// The time to the next item of a source whose interval goes by hours, or to its next order.
    Rhythm,
    /// How many items a source makes now.
    Lot,
    /// The type of the next item of a source with campaigns or orders.
    Kind,
    /// Gives an item what its order says (source, item).
    Ordered,
    /// An item goes where the line is run elsewhere (sink, item).
    Leaves,
    /// The youngest grant that holds members of a pool who may leave: its request, or 0.
    LatestGrant,
    /// An item enters a node with observers (list, item).
    Observe,
    /// The first multiple of a step that is not before an instant (instant, step).
    NextStep,
    /// Takes the first item out of the timed set of a buffer (buffer); its handle or 0.
    TimedTake,
    /// A card of a limit is on its way until a time (limit, time); when the first of all is back.
    CardGoes,
    /// Whom a request gets, where skills are asked for: a need list of crews, or 0 when too few are free.
    Staff,
    /// Takes the cards of a limit that are back by now off the way; their number.
    CardsBack,
    /// Finds the values of a request that the order of its crews goes by (request, most rules of any order).
    RankRequest,
    /// Whether those of a need list who begin only what they can finish are there for so long (list, time,
    /// whether they are still to be granted).
    InTime,
    /// Places of a buffer that are kept from an item (buffer, item).
    KeptFrom,
}

impl HostFn {
    /// All of them.
    pub const ALL: [HostFn; 34] = [
        HostFn::GrowItems,
        HostFn::Draw,
        HostFn::TimedInsert,
        HostFn::TimedTake,
        HostFn::Calendar,
        HostFn::Timetable,
        HostFn::LatestGrant,
        HostFn::Value,
        HostFn::FirstTrue,
        HostFn::Keys,
        HostFn::Arrange,
        HostFn::GoesBefore,
        HostFn::Foremost,
        HostFn::Expired,
        HostFn::NextExpiry,
        HostFn::Keep,
        HostFn::Search,
        HostFn::SetupKey,
        HostFn::SetupOf,
        HostFn::Born,
        HostFn::Inherit,
        HostFn::CardGoes,
        HostFn::CardsBack,
        HostFn::Staff,
        HostFn::InTime,
        HostFn::RankRequest,
        HostFn::Rhythm,
        HostFn::Lot,
        HostFn::Kind,
        HostFn::Ordered,
        HostFn::Leaves,
        HostFn::Observe,
        HostFn::NextStep,
        HostFn::KeptFrom,
    ];
}

/// One instruction. Fields: `dst` is written, all others are read.
#[derive(Clone, Debug, PartialEq, Hash)]
#[allow(missing_docs)] // the line above each instruction says what its fields are
pub enum Inst {
    /// `dst = bits` (a real's bits for real registers).
    Const { dst: Reg, bits: u64 },
    /// `dst = op a`
    Unary { op: UnaryOp, dst: Reg, a: Reg },
    /// `dst = a op b`
    Binary { op: BinaryOp, dst: Reg, a: Reg, b: Reg },
    /// `dst = if cond != 0 { a } else { b }`
    Select { dst: Reg, cond: Reg, a: Reg, b: Reg },
    /// `dst = arena[base + offset]`
    Load { dst: Reg, base: Reg, offset: i32 },
    /// Has `arena[base + offset]` at hand soon; nothing changes. It is read, so it has to lie in the arena, and the
    /// interpreter, which does nothing here, does not see where it does not.
    Touch { base: Reg, offset: i32 },
    /// `arena[base + offset] = value`
    Store { base: Reg, offset: i32, value: Reg },
    /// Calls a function of the program.
    Call { function: FuncId, args: Vec<Reg>, dst: Option<Reg> },
    /// Calls the host.
    Host { function: HostFn, args: Vec<Reg>, dst: Reg },
    /// A decision: `policy` sets `dst` to the index of the candidate taken. A learned policy or an
    /// outside decider can take the place of the block.
    Choose { site: u32, candidates: Reg, dst: Reg, policy: Vec<Inst> },
    /// Two ways.
    If { cond: Reg, then: Vec<Inst>, otherwise: Vec<Inst> },
    /// Many ways; values are dense from 0.
    Switch { on: Reg, cases: Vec<Vec<Inst>>, default: Vec<Inst> },
    /// For ever, until `Break`.
    Loop { body: Vec<Inst> },
    /// Leaves the loop `depth` levels out (0: the innermost).
    Break { depth: u32 },
    /// Begins the next round of the loop `depth` levels out.
    Continue { depth: u32 },
    /// Leaves the function.
    Return { value: Option<Reg> },
}

/// One function.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Function {
    /// Its name in dumps.
    pub name: String,
    /// Types of all registers; the first are the parameters.
    pub registers: Vec<Ty>,
    /// How many are parameters.
    pub parameters: usize,
    /// Type of the result, if any.
    pub result: Option<Ty>,
    /// The instructions.
    pub body: Vec<Inst>,
}

impl Function {
    /// How many instructions it has.
    #[must_use]
    pub fn size(&self) -> usize {
        fn count(block: &[Inst]) -> usize {
            block
                .iter()
                .map(|i| match i {
                    Inst::If { then, otherwise, .. } => 1 + count(then) + count(otherwise),
                    Inst::Switch { cases, default, .. } => {
                        1 + cases.iter().map(|c| count(c)).sum::<usize>() + count(default)
                    }
                    Inst::Loop { body } | Inst::Choose { policy: body, .. } => 1 + count(body),
                    _ => 1,
                })
                .sum()
        }
        count(&self.body)
    }
}

/// One place where the plant decides.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Site {
    /// What is decided: `branch`, `mix`, `machine`.
    pub what: &'static str,
}

/// The program of one plant.
#[derive(Clone, Debug, PartialEq, Default, Hash)]
pub struct Program {
    /// All functions; the last one is the entry `run() -> status`.
    pub functions: Vec<Function>,
    /// Decision sites.
    pub sites: Vec<Site>,
}

impl Program {
    /// The entry function, when the program has one.
    #[must_use]
    pub fn entry(&self) -> Option<FuncId> {
        u32::try_from(self.functions.len()).ok()?.checked_sub(1).map(FuncId)
    }

    /// A number that stands for all of it: equal programs have equal ones, others nearly surely not.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut all = Fingerprint::default();
        self.hash(&mut all);
        all.finish()
    }

    /// How many instructions it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.functions.iter().map(Function::size).sum()
    }

    /// The program as text, for `flowline dump --stage program`.
    #[must_use]
    pub fn dump(&self) -> String {
        let mut out = String::new();
        for f in &self.functions {
            let parameters: Vec<String> =
                f.registers.iter().take(f.parameters).enumerate().map(|(i, t)| format!("r{i}: {t:?}")).collect();
            let result = f.result.map_or(String::new(), |t| format!(" -> {t:?}"));
            let _ = writeln!(out, "fn {}({}){result} {{", f.name, parameters.join(", "));
            self.dump_block(&f.body, f, 1, &mut out);
            out.push_str("}\n\n");
        }
        out
    }

    fn dump_block(&self, block: &[Inst], f: &Function, depth: usize, out: &mut String) {
        let pad = "    ".repeat(depth);
        let list = |regs: &[Reg]| regs.iter().map(|r| format!("r{}", r.0)).collect::<Vec<_>>().join(", ");
        for inst in block {
            let _ = match inst {
                Inst::Const { dst, bits } => {
                    let real = f.registers.get(dst.0 as usize) == Some(&Ty::Real);
                    let value =
                        if real { format!("{:?}", f64::from_bits(*bits)) } else { bits.cast_signed().to_string() };
                    writeln!(out, "{pad}r{} = {value}", dst.0)
                }
                Inst::Unary { op, dst, a } => writeln!(out, "{pad}r{} = {op:?} r{}", dst.0, a.0),
                Inst::Binary { op, dst, a, b } => writeln!(out, "{pad}r{} = {op:?} r{}, r{}", dst.0, a.0, b.0),
                Inst::Select { dst, cond, a, b } => {
                    writeln!(out, "{pad}r{} = Select r{} ? r{} : r{}", dst.0, cond.0, a.0, b.0)
                }
                Inst::Touch { base, offset } => writeln!(out, "{pad}touch [r{} + {offset}]", base.0),
                Inst::Load { dst, base, offset } => writeln!(out, "{pad}r{} = [r{} + {offset}]", dst.0, base.0),
                Inst::Store { base, offset, value } => writeln!(out, "{pad}[r{} + {offset}] = r{}", base.0, value.0),
                Inst::Call { function, args, dst } => {
                    let name = self.functions.get(function.0 as usize).map_or("?", |f| f.name.as_str());
                    let to = dst.map_or(String::new(), |d| format!("r{} = ", d.0));
                    writeln!(out, "{pad}{to}{name}({})", list(args))
                }
                Inst::Host { function, args, dst } => {
                    writeln!(out, "{pad}r{} = host {function:?}({})", dst.0, list(args))
                }
                Inst::Choose { site, candidates, dst, policy } => {
                    let what = self.sites.get(*site as usize).map_or("?", |s| s.what);
                    let _ = writeln!(out, "{pad}r{} = choose {what}#{site} of r{} {{", dst.0, candidates.0);
                    self.dump_block(policy, f, depth + 1, out);
                    writeln!(out, "{pad}}}")
                }
                Inst::If { cond, then, otherwise } => {
                    let _ = writeln!(out, "{pad}if r{} {{", cond.0);
                    self.dump_block(then, f, depth + 1, out);
                    if !otherwise.is_empty() {
                        let _ = writeln!(out, "{pad}}} else {{");
                        self.dump_block(otherwise, f, depth + 1, out);
                    }
                    writeln!(out, "{pad}}}")
                }
                Inst::Switch { on, cases, default } => {
                    let _ = writeln!(out, "{pad}switch r{} {{", on.0);
                    for (i, case) in cases.iter().enumerate() {
                        let _ = writeln!(out, "{pad}  {i}:");
                        self.dump_block(case, f, depth + 1, out);
                    }
                    if !default.is_empty() {
                        let _ = writeln!(out, "{pad}  else:");
                        self.dump_block(default, f, depth + 1, out);
                    }
                    writeln!(out, "{pad}}}")
                }
                Inst::Loop { body } => {
                    let _ = writeln!(out, "{pad}loop {{");
                    self.dump_block(body, f, depth + 1, out);
                    writeln!(out, "{pad}}}")
                }
                Inst::Break { depth } => writeln!(out, "{pad}break {depth}"),
                Inst::Continue { depth } => writeln!(out, "{pad}continue {depth}"),
                Inst::Return { value } => {
                    writeln!(out, "{pad}return{}", value.map_or(String::new(), |v| format!(" r{}", v.0)))
                }
            };
        }
    }

    /// Checks that every register, function, loop depth and type fits.
    ///
    /// # Errors
    /// What does not fit, for an internal diagnostic.
    pub fn verify(&self) -> Result<(), String> {
        for f in &self.functions {
            Verifier { program: self, function: f }
                .block(&f.body, 0)
                .map_err(|e| format!("kernel function `{}`: {e}", f.name))?;
        }
        Ok(())
    }
}

struct Verifier<'a> {
    program: &'a Program,
    function: &'a Function,
}

impl Verifier<'_> {
    fn ty(&self, r: Reg) -> Result<Ty, String> {
        self.function.registers.get(r.0 as usize).copied().ok_or_else(|| format!("no register r{}", r.0))
    }

    fn real(&self, r: Reg, expected: bool) -> Result<(), String> {
        if (self.ty(r)? == Ty::Real) == expected { Ok(()) } else { Err(format!("r{} has the wrong type", r.0)) }
    }

    fn block(&self, block: &[Inst], loops: u32) -> Result<(), String> {
        for inst in block {
            self.inst(inst, loops).map_err(|e| format!("{e} in {inst:?}"))?;
        }
        Ok(())
    }

    fn inst(&self, inst: &Inst, loops: u32) -> Result<(), String> {
        match inst {
            Inst::Const { dst, .. } => self.ty(*dst).map(|_| ()),
            Inst::Unary { op, dst, a } => {
                use UnaryOp::{
                    AbsoluteReal, BitsToReal, Ceiling, Copy, Floor, NegateReal, RealToBits, RoundToInt, SquareRoot,
                    ToReal,
                };
                let (takes, gives) = match op {
                    Copy => return self.real(*dst, self.ty(*a)? == Ty::Real),
                    ToReal | BitsToReal => (false, true),
                    RoundToInt | RealToBits => (true, false),
                    SquareRoot | NegateReal | Floor | Ceiling | AbsoluteReal => (true, true),
                    UnaryOp::TrailingZeros | UnaryOp::LeadingZeros => (false, false),
                };
                self.real(*a, takes)?;
                self.real(*dst, gives)
            }
            Inst::Binary { op, dst, a, b } => {
                self.real(*a, op.takes_real())?;
                self.real(*b, op.takes_real())?;
                self.real(*dst, op.gives_real())
            }
            Inst::Select { dst, cond, a, b } => {
                self.real(*cond, false)?;
                let real = self.ty(*dst)? == Ty::Real;
                self.real(*a, real)?;
                self.real(*b, real)
            }
            Inst::Load { dst, base, .. } => {
                self.ty(*dst)?;
                self.real(*base, false)
            }
            Inst::Touch { base, .. } => self.real(*base, false),
            Inst::Store { base, value, .. } => {
                self.ty(*value)?;
                self.real(*base, false)
            }
            Inst::Call { function, args, dst } => {
                let callee = self.program.functions.get(function.0 as usize).ok_or("no such function")?;
                if callee.parameters != args.len() || (callee.result.is_none() && dst.is_some()) {
                    return Err("call does not fit the function".into());
                }
                for (arg, ty) in args.iter().zip(&callee.registers) {
                    self.real(*arg, *ty == Ty::Real)?;
                }
                Ok(())
            }
            Inst::Host { args, dst, .. } => {
                if args.len() > 3 {
                    return Err("too many arguments".into());
                }
                args.iter().try_for_each(|a| self.real(*a, false))?;
                self.real(*dst, false)
            }
            Inst::Choose { candidates, dst, policy, .. } => {
                self.real(*candidates, false)?;
                self.real(*dst, false)?;
                self.block(policy, loops)
            }
            Inst::If { cond, then, otherwise } => {
                self.real(*cond, false)?;
                self.block(then, loops)?;
                self.block(otherwise, loops)
            }
            Inst::Switch { on, cases, default } => {
                self.real(*on, false)?;
                cases.iter().try_for_each(|c| self.block(c, loops))?;
                self.block(default, loops)
            }
            Inst::Loop { body } => self.block(body, loops + 1),
            Inst::Break { depth } | Inst::Continue { depth } => {
                if *depth < loops {
                    Ok(())
                } else {
                    Err("no such loop".into())
                }
            }
            Inst::Return { value } => match (value, self.function.result) {
                (None, None) => Ok(()),
                (Some(v), Some(ty)) => self.real(*v, ty == Ty::Real),
                _ => Err("wrong result".into()),
            },
        }
    }
}
