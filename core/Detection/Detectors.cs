namespace NetSniff.Detection;

/// <summary>Detectors that need no rule, in the order they are asked, after the rules. Adding one is adding its line.
/// </summary>
public static class Detectors
{
    public static IReadOnlyList<Func<Detector>> All { get; } = [];
}
