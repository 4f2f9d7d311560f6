namespace NetSniff.Wire.Health.Profiling;

/// <summary>A frame with all that it called: CPU time in microseconds.</summary>
internal sealed class FlameNode(string name)
{
    private readonly Dictionary<string, FlameNode> _children = new(StringComparer.Ordinal);

    public string Name { get; } = name;

    /// <summary>In the frame and what it called.</summary>
    public double Micros { get; private set; }

    /// <summary>In the frame itself.</summary>
    public double OwnMicros { get; private set; }

    public IEnumerable<FlameNode> Children =>
        _children.Values.OrderBy(child => child.Name, StringComparer.Ordinal);

    public int Depth => _children.Count == 0 ? 1 : 1 + _children.Values.Max(child => child.Depth);

    /// <param name="path">From the outermost frame to the innermost.</param>
    public void Add(IEnumerable<string> path, double micros)
    {
        var node = this;
        node.Micros += micros;
        foreach (var name in path)
        {
            if (!node._children.TryGetValue(name, out var child)) node._children[name] = child = new FlameNode(name);
            node = child;
            node.Micros += micros;
        }

        node.OwnMicros += micros;
    }

    /// <summary>Every path that ends somewhere, with the time spent at its end.</summary>
    public IEnumerable<(IReadOnlyList<string> Path, double Micros)> Paths()
    {
        List<string> path = [];
        return Walk(this);

        IEnumerable<(IReadOnlyList<string>, double)> Walk(FlameNode node)
        {
            if (node.OwnMicros > 0 && path.Count > 0) yield return ([.. path], node.OwnMicros);
            foreach (var child in node.Children)
            {
                path.Add(child.Name);
                foreach (var found in Walk(child)) yield return found;
                path.RemoveAt(path.Count - 1);
            }
        }
    }
}
