using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;

namespace NetSniff.Bench.Training;

/// <summary>A type of the recorded process: where it is defined, or what it is made of.</summary>
/// <param name="Module">Identity of its module in the recording.</param>
/// <param name="Token">Its TypeDef there.</param>
/// <param name="Element">Its ELEMENT_TYPE (ECMA-335 II.23.1.16).</param>
/// <param name="Flags">What it is if it has no definition of its own.</param>
/// <param name="Arguments">Type arguments, or the one type that an array, pointer or reference is of.</param>
internal sealed record RecordedType(
    ulong Module,
    int Token,
    byte Element,
    TypeFlags Flags,
    ulong[] Arguments);

/// <summary>A method of the recorded process: its MethodDef in the module of its type, and its own arguments.</summary>
internal sealed record RecordedMethod(ulong Type, int Token, ulong[] Arguments);

/// <summary>
/// What a run with instrumented code left behind (bench/train.sh): for each method how often its blocks ran and
/// what its calls met, with the types and modules that these numbers speak of. Events of the runtime's provider
/// Microsoft-Windows-DotNETRuntime, keywords JitInstrumentationData, TypeDiagnostic, MethodDiagnostic, Loader.
/// </summary>
internal sealed class CountedRun
{
    public Dictionary<ulong, string> Modules { get; } = [];

    public Dictionary<ulong, RecordedType> Types { get; } = [];

    public Dictionary<ulong, RecordedMethod> Methods { get; } = [];

    /// <summary>The runtime's own form, by method: schema and counts as compressed differences.</summary>
    public Dictionary<ulong, byte[]> Counts { get; } = [];

    public static CountedRun Read(string path)
    {
        var recording = new CountedRun();
        using var source = new EventPipeEventSource(path);
        var clr = source.Clr;
        clr.LoaderModuleLoad += recording.Add;
        clr.TypeBulkType += recording.Add;
        clr.MethodMethodDetails += recording.Add;
        clr.JitInstrumentationDataVerboseInstrumentationData += e =>
            recording.Counts[(ulong)e.MethodID] = e.Data;
        source.Process();
        return recording;
    }

    /// <summary>Where a method is defined: the same in each run, unlike its identity.</summary>
    public (string Module, int Type, int Method) Place(ulong id) =>
        Methods.TryGetValue(id, out var method) && Types.TryGetValue(method.Type, out var type)
            ? (Modules.GetValueOrDefault(type.Module, ""), type.Token, method.Token)
            : ("", 0, 0);

    private void Add(ModuleLoadUnloadTraceData module)
    {
        if (module.ModuleILPath.Length > 0) Modules[(ulong)module.ModuleID] = module.ModuleILPath;
    }

    private void Add(GCBulkTypeTraceData types)
    {
        for (var i = 0; i < types.Count; i++)
        {
            var type = types.Values(i);
            var arguments = new ulong[type.TypeParameterCount];
            for (var j = 0; j < arguments.Length; j++) arguments[j] = type.TypeParameterID(j);
            Types[type.TypeID] =
                new RecordedType(type.ModuleID, type.TypeNameID, type.CorElementType, type.Flags, arguments);
        }
    }

    private void Add(MethodDetailsTraceData method)
    {
        var arguments = new ulong[method.TypeParameterCount];
        for (var i = 0; i < arguments.Length; i++) arguments[i] = (ulong)method.TypeParameters(i);
        Methods[(ulong)method.MethodID] = new RecordedMethod((ulong)method.TypeID, method.MethodToken, arguments);
    }
}
