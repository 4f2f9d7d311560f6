using NetSniff.Wire.V1;

namespace NetSniff.Operator.CaptureSessions;

/// <summary>The files of a session, one by one: what was made stays made, whatever becomes of the next.</summary>
/// <param name="files">With the node whose packets are in each, null for all.</param>
/// <param name="nodes">That pods of the session were on.</param>
public sealed class SessionCut(IEnumerable<(string Name, string? Node)> files, IReadOnlyList<string> nodes)
{
    private readonly Queue<(string Name, string? Node)> _left = new(files);

    public SessionOutcome Outcome { get; } = new(nodes);

    /// <summary>Tries of the file that is next.</summary>
    public int Tries { get; private set; }

    public bool IsDone => _left.Count == 0;

    /// <returns>The file to ask for; again the same until something came of it.</returns>
    public (string Name, string? Node) Try()
    {
        Tries++;
        return _left.Peek();
    }

    public void Add(KeptFile file, Completeness lack)
    {
        Outcome.Add(file, lack);
        Next();
    }

    /// <summary>A node without a sensor is no reason for the others to have no file.</summary>
    public void Miss(string node, string why)
    {
        Outcome.Miss(node, why);
        Next();
    }

    private void Next()
    {
        _left.Dequeue();
        Tries = 0;
    }
}
