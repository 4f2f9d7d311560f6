namespace NetSniff.Wire.Health.Profiling;

/// <summary>Which method an address lies in.</summary>
internal sealed class MethodTable
{
    /// <summary>A process that has compiled more keeps some of them nameless.</summary>
    private const int MethodsMax = 500_000;

    private readonly List<Method> _methods = [];
    private bool _isSorted = true;

    public int Count => _methods.Count;

    public void Add(ulong start, uint size, string name)
    {
        if (_methods.Count >= MethodsMax) return;
        _methods.Add(new Method(start, start + size, name));
        _isSorted = false;
    }

    public string? Find(ulong address)
    {
        if (!_isSorted) _methods.Sort((left, right) => left.Start.CompareTo(right.Start));
        _isSorted = true;
        var (low, high) = (0, _methods.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var method = _methods[middle];
            if (address < method.Start) high = middle - 1;
            else if (address >= method.End) low = middle + 1;
            else return method.Name;
        }

        return null;
    }

    private sealed record Method(ulong Start, ulong End, string Name);
}
