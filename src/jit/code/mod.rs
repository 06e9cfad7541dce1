//! Regions as machine code: compiling, entering, leaving, freeing.
//!
//! Each region is a module of its own with one function, so that it can be
//! freed alone; all share one arena of code pages ([`memory`]). Cranelift's
//! module takes the finished bytes: making one costs a few microseconds, and
//! it resolves whatever Cranelift may ask of a run-time library.
//!
//! The regions of a compiler share one stub, which cold blocks call.
//!
//! What must hold: the arena outlives all regions made with it, and the stub the regions; a region is
//! dropped only when none of its code is running.
//!
//! Contract of the `unsafe` here and in `memory` and `restore`: [`CompiledRegion::enter`]
//! is called with a context and registers that fit the region (its own doc);
//! code pages are written only before they become executable.
//!
//! Example:
//!
//! ```text
//! let compiled = compiler.compile(&region, CompileOptions::default())?;
//! context.reserve(compiled.exit_values);
//! let (_, exit) = unsafe { compiled.enter(&mut context, base) };
//! let words = context.exit_values();
//! unsafe { restore(&compiled.exits[exit.0 as usize], &context, words, base) };
//! ```

mod memory;
mod restore;

pub use memory::CodeArena;
pub use restore::{observed, restore};

use super::context::{Returned, TraceContext};
use super::exits::{ExitPlan, exit_of_word, most_values};
use super::ir::{ExitId, Region};
use super::lower::{self, Attachments, Environment, LoweringOptions};
use crate::value::{Raw, free_list_heads};
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{UserFuncName, types};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Module, ModuleError, ModuleReloc, default_libcall_names};
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// Why a region could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// Cranelift has no code generator for this machine.
    Unsupported(String),
    /// Cranelift gave up, or the code does not fit the arena.
    Backend(String),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::Unsupported(message) => write!(f, "no machine code here: {message}"),
            CompileError::Backend(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for CompileError {}

/// What to compile besides the region itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompileOptions {
    /// What lowering adds.
    pub lowering: LoweringOptions,
    /// Keep Cranelift's text of function and machine code.
    pub listings: bool,
    /// The region's number, which it names with the exit that it takes.
    pub number: u32,
}

/// Texts of a compiled region, for dumps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listings {
    /// The Cranelift function as lowered.
    pub function: String,
    /// The machine code.
    pub assembly: String,
}

/// Compiles regions; keeps buffers between them.
pub struct RegionCompiler {
    isa: OwnedTargetIsa,
    arena: CodeArena,
    context: Context,
    builder_context: FunctionBuilderContext,
    free_lists: usize,
    native_rounding: bool,
    /// What cold blocks call.
    stub: Option<Arc<LoadedCode>>,
}

impl RegionCompiler {
    /// A compiler for this machine. Must be made by the thread that will run
    /// the code, because the code pops that thread's free lists; it may then
    /// compile on another.
    ///
    /// # Errors
    /// If Cranelift does not support this machine.
    pub fn new(arena: CodeArena) -> Result<RegionCompiler, CompileError> {
        let unsupported = |message: String| CompileError::Unsupported(message);
        let mut flags = settings::builder();
        let verify = if cfg!(debug_assertions) { "true" } else { "false" };
        // The optimiser leaves nothing to do for Cranelift's, which would take another third
        // of the time; see `lower::placement` for what is placed.
        for (name, value) in [
            ("opt_level", "none"),
            ("enable_verifier", verify),
            ("unwind_info", "false"),
            ("enable_probestack", "false"),
            ("is_pic", "false"),
            ("use_colocated_libcalls", "false"),
        ] {
            flags.set(name, value).map_err(|error| unsupported(error.to_string()))?;
        }
        let isa = cranelift_native::builder()
            .map_err(|message| unsupported(message.into()))?
            .finish(settings::Flags::new(flags))
            .map_err(|error| unsupported(error.to_string()))?;
        if isa.pointer_type() != types::I64 {
            return Err(unsupported("addresses are not 64 bits".into()));
        }
        // Other machines have the rounding instructions always.
        let lacks = isa
            .isa_flags()
            .iter()
            .any(|flag| flag.name == "has_sse41" && flag.as_bool() == Some(false));
        Ok(RegionCompiler {
            isa,
            arena,
            context: Context::new(),
            builder_context: FunctionBuilderContext::new(),
            free_lists: free_list_heads(),
            native_rounding: !lacks,
            stub: None,
        })
    }

    /// Generates what all regions share. The first code of a process takes Cranelift more than
    /// twice as long as the same code later, so whoever has time should do this before
    /// there is a region; an error comes back with the first one.
    pub fn prepare(&mut self) {
        let _ = self.stub();
    }

    /// Compiles a region.
    ///
    /// # Errors
    /// If the region is too large for Cranelift or for the arena.
    ///
    /// # Panics
    /// If the region is malformed.
    pub fn compile(
        &mut self,
        region: &Region,
        options: CompileOptions,
    ) -> Result<CompiledRegion, CompileError> {
        let exits = ExitPlan::of_region(region);
        let attachments = Attachments::new(region, options.lowering);
        let stub = self.stub()?;
        self.context.clear();
        self.context.func.name = UserFuncName::user(0, 0);
        self.context.func.signature = lower::signature(region, self.isa.default_call_conv());
        let environment = Environment {
            plans: &exits,
            attachments: &attachments,
            options: options.lowering,
            number: options.number,
            free_lists: self.free_lists,
            native_rounding: self.native_rounding,
            frontend: self.isa.frontend_config(),
        };
        let builder = FunctionBuilder::new(&mut self.context.func, &mut self.builder_context);
        lower::lower(region, environment, builder);
        let function = options.listings.then(|| self.context.func.display().to_string());
        self.context.set_disasm(options.listings);
        let loaded = self.load()?;
        let code = self.context.compiled_code().expect("just compiled");
        let listings = function
            .zip(code.vcode.clone())
            .map(|(function, assembly)| Listings { function, assembly });
        // Return address and frame pointer lie above what the layout counts.
        let frame = code.buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset);
        Ok(CompiledRegion {
            frame_bytes: frame as usize + 16,
            exit_values: most_values(&exits),
            exits,
            code_bytes: code.code_buffer().len(),
            attachments,
            listings,
            loaded,
            stub,
        })
    }

    /// The stub for calls from cold blocks, made before the first region.
    fn stub(&mut self) -> Result<Arc<LoadedCode>, CompileError> {
        if let Some(stub) = &self.stub {
            return Ok(stub.clone());
        }
        self.context.clear();
        self.context.func.name = UserFuncName::user(0, 0);
        lower::build_stub(&mut self.context.func, &mut self.builder_context, &*self.isa);
        let stub = Arc::new(self.load()?);
        Ok(self.stub.insert(stub).clone())
    }

    /// Generates code for the function at hand and makes it executable.
    fn load(&mut self) -> Result<LoadedCode, CompileError> {
        let backend = |error: &dyn fmt::Display| CompileError::Backend(error.to_string());
        if let Err(error) = self.context.compile(&*self.isa, &mut ControlPlane::default()) {
            return Err(backend(&error.inner));
        }
        let code = self.context.compiled_code().expect("just compiled");
        let mut builder = JITBuilder::with_isa(self.isa.clone(), default_libcall_names());
        builder.memory_provider(self.arena.provider());
        let mut loaded = LoadedCode {
            entry: std::ptr::null(),
            module: ManuallyDrop::new(JITModule::new(builder)),
        };
        let define = |module: &mut JITModule| -> Result<*const u8, Box<ModuleError>> {
            let function = module.declare_anonymous_function(&self.context.func.signature)?;
            let relocations: Vec<ModuleReloc> = code
                .buffer
                .relocs()
                .iter()
                .map(|reloc| ModuleReloc::from_mach_reloc(reloc, &self.context.func, function))
                .collect();
            let alignment = code.buffer.alignment as u64;
            module.define_function_bytes(function, alignment, code.code_buffer(), &relocations)?;
            module.finalize_definitions()?;
            Ok(module.get_finalized_function(function))
        };
        loaded.entry = define(&mut loaded.module).map_err(|error| backend(&*error))?;
        Ok(loaded)
    }
}

/// The finished code of one function, freed when this is dropped.
struct LoadedCode {
    entry: *const u8,
    module: ManuallyDrop<JITModule>,
}

// SAFETY: the entry is an address in code pages that this owns through its module, not
// tied to the thread that generated them; only whoever owns it enters or frees it.
unsafe impl Send for LoadedCode {}

// SAFETY: shared, it gives its address only.
unsafe impl Sync for LoadedCode {}

impl Drop for LoadedCode {
    fn drop(&mut self) {
        // SAFETY: the module is taken once, here; by contract none of its code runs.
        unsafe { ManuallyDrop::take(&mut self.module).free_memory() };
    }
}

/// The machine code of a region, freed when this is dropped.
pub struct CompiledRegion {
    /// Its exits, by number.
    pub exits: Vec<ExitPlan>,
    /// How many exit values the context must have room for.
    pub exit_values: usize,
    /// Size of the code.
    pub code_bytes: usize,
    /// What one activation takes of the native stack, in bytes.
    pub frame_bytes: usize,
    /// Counters and test switches.
    pub attachments: Attachments,
    /// Texts, if asked for.
    pub listings: Option<Listings>,
    loaded: LoadedCode,
    /// What the code calls from cold blocks.
    stub: Arc<LoadedCode>,
}

impl CompiledRegion {
    /// Runs the region until it, or a side region that it goes on in, takes an exit: the
    /// number of that region and its exit.
    ///
    /// # Safety
    /// `context` must be that of this thread, reserved for `exit_values` and
    /// with the right `module_base`; `base` must be register 0 of a frame of
    /// the function that the region was recorded in, at the loop's header; the
    /// registers up to the highest that any exit writes must be there; what the
    /// code polls must still exist. The caller then restores the state with [`restore`].
    #[inline]
    pub unsafe fn enter(&self, context: &mut TraceContext, base: *mut Raw) -> (usize, ExitId) {
        type Entry = unsafe extern "C" fn(*mut TraceContext, *mut Raw) -> u64;
        context.sparing_stub = self.stub.entry as usize;
        // SAFETY: `entry` is a finished function of this signature; the rest is
        // promised by the caller.
        unsafe {
            let entry: Entry = std::mem::transmute(self.loaded.entry);
            exit_of_word(entry(context, base))
        }
    }

    /// Runs the region of a function: what it answers.
    ///
    /// # Safety
    /// As for [`CompiledRegion::enter`], at the function's first instruction and
    /// with as many arguments as its signature has, of the types of its version;
    /// room for the records of as many activations as `call_limit` admits.
    pub unsafe fn call(
        &self,
        context: &mut TraceContext,
        base: *mut Raw,
        arguments: &[u64],
    ) -> Returned {
        context.sparing_stub = self.stub.entry as usize;
        let context = &raw mut *context;
        macro_rules! call {
            ($($argument:ident)*) => {{
                type Entry = unsafe extern "C" fn(
                    *mut TraceContext, *mut Raw $(, call!(@word $argument))*
                ) -> Returned;
                // SAFETY: `entry` is a finished function of this signature; the
                // rest is promised by the caller.
                unsafe {
                    let entry: Entry = std::mem::transmute(self.loaded.entry);
                    entry(context, base $(, $argument)*)
                }
            }};
            (@word $argument:ident) => { u64 };
        }
        match *arguments {
            [] => call!(),
            [a] => call!(a),
            [a, b] => call!(a b),
            [a, b, c] => call!(a b c),
            [a, b, c, d] => call!(a b c d),
            [a, b, c, d, e] => call!(a b c d e),
            [a, b, c, d, e, f] => call!(a b c d e f),
            [a, b, c, d, e, f, g] => call!(a b c d e f g),
            [a, b, c, d, e, f, g, h] => call!(a b c d e f g h),
            _ => unreachable!("functions with regions have few parameters"),
        }
    }

    /// Address of the first instruction, for profilers and callers.
    pub fn address(&self) -> usize {
        self.loaded.entry as usize
    }
}
