namespace NetSniff.Wire.Health.Profiling.Natives;

/// <summary>What each address of a profile is called: a method's name, `function [library]`, `[library]`.</summary>
internal sealed class AddressNames
{
    public const string Unknown = "[unknown]";
    private const string CutName = "[stack deeper than the copy]";

    /// <summary>Addresses that are looked up in libraries; further ones are called by the library alone.</summary>
    private const int NativesMax = 200_000;

    private readonly MethodTable _methods;
    private readonly Dictionary<ulong, string> _natives = [];

    /// <param name="stacks">Addresses, the innermost first.</param>
    /// <param name="map">As memory is now.</param>
    public AddressNames(IEnumerable<ulong[]> stacks, MethodTable methods, MemoryMap map)
    {
        _methods = methods;
        var byRegion = stacks.SelectMany(Places).Where(place => place != Place(StackWalk.Cut, 1)).Distinct()
            .Where(place => methods.Find(place) is null).Take(NativesMax)
            .Select(place => (Place: place, Region: map.Find(place)))
            .Where(pair => pair.Region is not null)
            .GroupBy(pair => pair.Region!);
        foreach (var region in byRegion) Learn(region.Key, [.. region.Select(pair => pair.Place)]);
    }

    /// <summary>Names from the outermost to the innermost.</summary>
    public List<string> PathOf(ulong[] stack)
    {
        List<string> path = [];
        foreach (var place in Places(stack).Reverse())
        {
            var name = place == Place(StackWalk.Cut, 1) ? CutName : NameOf(place);
            // Of frames that have no names one is enough.
            if (!name.StartsWith('[') || path.Count == 0 || path[^1] != name) path.Add(name);
        }

        // Every thread begins in the C library, and most go on in the runtime.
        var first = 0;
        while (first < path.Count - 1 && IsStart(path[first])) first++;
        return path[first..];
    }

    private string NameOf(ulong place) => _methods.Find(place) ?? _natives.GetValueOrDefault(place, Unknown);

    private static bool IsStart(string name) =>
        name is "[libcoreclr.so]" || name.EndsWith("[libc.so.6]", StringComparison.Ordinal)
        || name.StartsWith("[libstdc++.so", StringComparison.Ordinal);

    /// <summary>All addresses but the innermost are where a call will return to, which may lie behind the end of the
    /// caller.</summary>
    private static IEnumerable<ulong> Places(ulong[] stack) => stack.Select(Place);

    private static ulong Place(ulong address, int index) => index == 0 ? address : address - 1;

    private void Learn(CodeRegion region, ulong[] places)
    {
        var file = System.IO.Path.GetFileName(region.Path);
        // The runtime maps memory for what it compiles from a file without a place.
        var isMade = file.Length == 0 || file.StartsWith("memfd:doublemapper", StringComparison.Ordinal);
        var library = isMade ? "[stub]" : file.StartsWith('[') ? file : $"[{file}]";
        foreach (var place in places) _natives[place] = library;
        if (region.Module is not { } module) return;

        var known = places
            .Select(place => (Place: place, Address: module.File.AddressOf(place - region.Start + region.Offset)))
            .Where(pair => pair.Address is not null).OrderBy(pair => pair.Address).ToList();
        var names = module.File.FunctionsAt([.. known.Select(pair => pair.Address!.Value)]);
        for (var index = 0; index < names.Length; index++)
        {
            if (names[index] is { } name) _natives[known[index].Place] = $"{CppNames.Readable(name)} {library}";
        }
    }
}
