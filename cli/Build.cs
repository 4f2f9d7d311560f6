using System.Diagnostics.CodeAnalysis;

namespace NetSniff.Cli;

/// <summary>What was left out when this program was built.</summary>
internal static class Build
{
    /// <summary>Compiled for the machine ahead of time, `read` and `live` alone, without all that finds its way by
    /// reflection: what needs such a part is run by the whole program. The compiler knows the answer and leaves out
    /// what stands behind it.</summary>
    [FeatureSwitchDefinition("NetSniff.IsNative")]
    public static bool IsNative => AppContext.TryGetSwitch("NetSniff.IsNative", out var isNative) && isNative;
}
