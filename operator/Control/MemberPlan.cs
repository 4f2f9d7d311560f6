namespace NetSniff.Operator.Control;

/// <summary>What a sensor or a worker is to run: files as they would lie in its folder of configuration.</summary>
/// <param name="Sequence">Rises with every change; a member never goes back to a lower one.</param>
/// <param name="Revision">Names the contents: 10 hex digits.</param>
/// <param name="Files">By name: `sensor.json`, `workers`; `worker.json`, `rules/NAME.yaml`.</param>
public sealed record MemberPlan(long Sequence, string Revision, IReadOnlyDictionary<string, string> Files);
