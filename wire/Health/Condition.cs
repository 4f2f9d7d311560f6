namespace NetSniff.Wire.Health;

/// <param name="Reason">One word as an API has them: `RevisionApplied`.</param>
/// <param name="Text">What a person wants to know, or nothing.</param>
public sealed record ConditionState(bool Holds, string Reason, string Text = "");

/// <summary>Something that must hold before the program may be relied upon. Any thread may set it.</summary>
public sealed class Condition
{
    private ConditionState _state = new(false, "Pending", "not known yet");

    internal Condition(string name) => Name = name;

    public string Name { get; }

    public ConditionState State => Volatile.Read(ref _state);

    public void Set(bool holds, string reason, string text = "") =>
        Volatile.Write(ref _state, new ConditionState(holds, reason, text));
}
