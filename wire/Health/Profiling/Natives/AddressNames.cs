namespace NetSniff.Wire.Health.Profiling.Natives;

/// <summary>What each address of a profile is called: a method's name, `function [library]`, `[library]`.</summary>
internal sealed class AddressNames
{
    public const string Unknown = "[unknown]";
    private const string CutName = "[stack deeper than the copy]";

    /// <summary>Addresses that are looked up in libraries; further ones are called by the library alone.</summary>
    private const int NativesMax = 200_000;

    /// <summary>Where <see cref="StackWalk.Cut"/> stands, which is never the innermost.</summary>
    private static readonly ulong s_cut = Place(StackWalk.Cut, 1);

    private readonly MethodTable _methods;
    private readonly Dictionary<ulong, string> _natives = [];

    /// <param name="map">As memory is now.</param>
    public AddressNames(
        IEnumerable<StackCount> stacks, MethodTable methods, MemoryMap map, CancellationToken cancel)
    {
        _methods = methods;
        var places = new List<ulong>();
        foreach (var stack in stacks)
        {
            for (var index = 0; index < stack.Addresses.Length; index++)
            {
                var place = Place(stack.Addresses[index], index);
                if (place == s_cut || _natives.ContainsKey(place) || methods.Find(place) is not null) continue;
                if (_natives.Count >= NativesMax) break;

                _natives[place] = Unknown;
                places.Add(place);
            }
        }

        places.Sort();
        Learn([.. places], map, cancel);
    }

    /// <summary>Names from the outermost to the innermost.</summary>
    public List<string> PathOf(ulong[] stack)
    {
        List<string> path = [];
        for (var index = stack.Length - 1; index >= 0; index--)
        {
            var place = Place(stack[index], index);
            var name = place == s_cut ? CutName : NameOf(place);
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
    private static ulong Place(ulong address, int index) => index == 0 ? address : address - 1;

    /// <param name="places">In order.</param>
    private void Learn(ReadOnlySpan<ulong> places, MemoryMap map, CancellationToken cancel)
    {
        while (!places.IsEmpty)
        {
            var count = 1;
            if (map.Find(places[0]) is { } region)
            {
                while (count < places.Length && places[count] < region.End) count++;
                Learn(region, places[..count], cancel);
            }

            places = places[count..];
        }
    }

    private void Learn(CodeRegion region, ReadOnlySpan<ulong> places, CancellationToken cancel)
    {
        var file = Path.GetFileName(region.Path);
        // The runtime maps memory for what it compiles from a file without a place.
        var isMade = file.Length == 0 || file.StartsWith("memfd:doublemapper", StringComparison.Ordinal);
        var library = isMade ? "[stub]" : file.StartsWith('[') ? file : $"[{file}]";
        foreach (var place in places) _natives[place] = library;
        if (region.Module is not { } module) return;

        // Of a region, so that all lie as far from where they are in the file, and in the same order.
        if (module.File.AddressOf(places[0] - region.Start + region.Offset) is not { } first) return;

        var addresses = new ulong[places.Length];
        for (var index = 0; index < places.Length; index++) addresses[index] = places[index] - places[0] + first;
        var names = module.File.FunctionsAt(addresses, cancel);
        for (var index = 0; index < names.Length; index++)
        {
            if (names[index] is { } name) _natives[places[index]] = $"{CppNames.Readable(name)} {library}";
        }
    }
}
