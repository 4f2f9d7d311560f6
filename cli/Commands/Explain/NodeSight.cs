using System.Text.Json;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Explain;

/// <summary>A node: what is wanted there, and what is.</summary>
/// <param name="Sensor">Its pod; null where there is none.</param>
/// <param name="Running">What the sensor says; null where nobody does.</param>
internal sealed record NodeSight(string Node, NodePlan Plan, JsonElement? Sensor, SensorState? Running)
{
    /// <summary>Whether the sensor says that it does what it is to do; null where it says nothing of it.</summary>
    public bool? IsProgrammed => Running?.Status?.ConfigRevision is { Length: > 0 } revision && Plan.Revision.Length > 0
        ? revision == Plan.Revision : null;
}
