namespace NetSniff.Worker.Store;

/// <summary>A lane of a sensor's spool: batches that come in one order, numbered by a sequence that only grows.
/// </summary>
/// <param name="Sensor">32 hex digits, made when the spool was made.</param>
public readonly record struct LaneId(string Sensor, string Lane);
