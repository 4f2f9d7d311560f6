using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Json;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Reconciling.Writing;
using NetSniff.Wire.V1;

namespace NetSniff.Operator.CaptureSessions;

/// <summary>How far a session is.</summary>
public sealed record SessionSight
{
    public required long Generation { get; init; }

    public required Found Started { get; init; }

    public required Found Succeeded { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public DateTimeOffset? CompletionTime { get; init; }

    /// <summary>Null until there is one.</summary>
    public SessionOutcome? Outcome { get; init; }
}

/// <summary>From what is seen to what is written. Pure.</summary>
public static class SessionStatus
{
    public const string StartedType = "Started", SucceededType = "Succeeded";

    public static JsonObject Of(SessionSight sight, JsonObject? before, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(sight);
        var outcome = sight.Outcome;
        var lack = outcome?.Completeness;
        var status = new CaptureSessionStatus
        {
            ObservedGeneration = sight.Generation,
            Conditions = Conditions.Merge(
                StatusWriter.ConditionsOf(before), [sight.Started, sight.Succeeded], sight.Generation, now),
            StartTime = sight.StartTime,
            CompletionTime = sight.CompletionTime,
            Nodes = lack is null ? null : new Kube.Resources.SessionNodes
            {
                Matched = (int)lack.Sensors,
                Succeeded = (int)lack.Sensors - lack.AbsentSensors.Count,
                Failed = lack.AbsentSensors.Count,
            },
            Packets = outcome?.Packets,
            Bytes = outcome?.Bytes,
            Dropped = lack?.Losses.Sum(static loss => loss.Count),
            Files = outcome is null or { Files.Count: 0 } ? null : [.. outcome.Files.Select(FileOf)],
        };
        return ResourceJson.Write(status).AsObject();
    }

    /// <summary>What came of a cut.</summary>
    public static Found Succeeded(SessionOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var (count, lack) = (outcome.Words, outcome.Completeness);
        if (WrongFilter(lack) is { } wrong)
        {
            return Found.False(SucceededType, "InvalidFilter", $"spec.bpfFilter: {wrong}");
        }

        var absent = lack.AbsentSensors.Concat(lack.Absent).Select(static one => $"{one.Worker}: {one.Why}").ToList();
        if (absent.Count > 0)
        {
            return Found.True(SucceededType, "Partial", $"{count}; missing: {string.Join("; ", absent.Take(8))}");
        }

        var notes = lack.Notes.Count == 0 ? "" : "; " + string.Join("; ", lack.Notes.Take(8));
        return Found.True(SucceededType, lack.IsCut ? "LimitReached" : "Completed", count + notes);
    }

    /// <summary>What all sensors say of the filter that they were to compile; null where one of them could.</summary>
    private static string? WrongFilter(Completeness lack) =>
        lack.AbsentSensors.Count > 0 && lack.AbsentSensors.Count >= lack.Sensors
        && lack.AbsentSensors.All(static one => one.Why.StartsWith("filter '", StringComparison.Ordinal))
            ? lack.AbsentSensors[0].Why : null;

    private static SessionFile FileOf(KeptFile file) => new()
    {
        Name = file.Name,
        SizeBytes = (long)file.Bytes,
        Sha256 = file.Sha256,
        ExpireTime = DateTimeOffset.UnixEpoch.AddTicks(file.ExpiresNanos / TimeSpan.NanosecondsPerTick),
    };
}
