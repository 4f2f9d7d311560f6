namespace NetSniff.Kube.Resources;

/// <summary>What is wrong with an object.</summary>
/// <param name="Field">Where: `spec.exports[0].otlp`.</param>
/// <param name="Reason">In one word: `Required`, `TooLong`, `Unsupported`, `Rule`.</param>
public readonly record struct ResourceProblem(string Field, string Reason, string Text)
{
    public override string ToString() => $"{Field}: {Text}";
}
