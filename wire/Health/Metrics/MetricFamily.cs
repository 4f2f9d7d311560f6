namespace NetSniff.Wire.Health;

public enum MetricKind : byte { Counter, Gauge, Histogram }

/// <summary>What is counted under one name. Names and labels are API: append, never rename.</summary>
/// <param name="Help">One sentence for who reads a dashboard at night.</param>
/// <param name="Labels">Of few values each: never an address, a path or a pod.</param>
public sealed record MetricFamily(string Name, MetricKind Kind, string Help, params string[] Labels);
