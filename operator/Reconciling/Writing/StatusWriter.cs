using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Kube.Resources;

namespace NetSniff.Operator.Reconciling.Writing;

/// <summary>What is written of a status, and when: at once when a condition changes, numbers once a minute.</summary>
public enum StatusTurn : byte { Nothing, Now, Later }

/// <summary>Writes the status of our own kinds, by server-side apply on `/status`.</summary>
public sealed class StatusWriter(ObjectClient objects, TimeProvider clock)
{
    /// <summary>Between two writes of numbers alone.</summary>
    public static readonly TimeSpan NumbersEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(ResourceKind Kind, ResourceName Name), Written> _written = new();

    public long Writes => Interlocked.Read(ref _writes);

    private long _writes;

    /// <param name="one">As it is, from the cache: its name, version of the API and kind.</param>
    /// <param name="wanted">The whole of what is to be the status.</param>
    /// <returns>When what was held back may be written; null when nothing was.</returns>
    public async Task<TimeSpan?> WriteAsync(
        ResourceKind kind, OwnObject one, JsonObject wanted, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(one);
        var last = LastOf(kind, one);
        var passed = last is null ? NumbersEvery : clock.GetElapsedTime(last.At);
        switch (TurnOf(Known(kind, one), wanted, passed))
        {
            case StatusTurn.Nothing:
                return null;
            case StatusTurn.Later:
                return NumbersEvery - passed;
            default:
                await PutAsync(kind, one, wanted, cancel).ConfigureAwait(false);
                return null;
        }
    }

    /// <summary>The status as we last wrote it, which may not have come back yet; else as it is. Not to be changed.
    /// </summary>
    public JsonObject? Known(ResourceKind kind, OwnObject one)
    {
        ArgumentNullException.ThrowIfNull(one);
        return LastOf(kind, one)?.Status ?? one.Status;
    }

    /// <summary>The object is gone.</summary>
    public void Forget(ResourceKind kind, ResourceName name) => _written.TryRemove((kind, name), out _);

    public void ForgetAll() => _written.Clear();

    /// <param name="passed">Since the last write.</param>
    public static StatusTurn TurnOf(JsonObject? before, JsonObject wanted, TimeSpan passed)
    {
        if (JsonNode.DeepEquals(before, wanted)) return StatusTurn.Nothing;
        if (before is null || passed >= NumbersEvery) return StatusTurn.Now;

        var isNews = !JsonNode.DeepEquals(before["observedGeneration"], wanted["observedGeneration"])
            || Conditions.IsNews(ConditionsOf(before), ConditionsOf(wanted));
        return isNews ? StatusTurn.Now : StatusTurn.Later;
    }

    /// <summary>Those of a status, whatever else it has; null where they cannot be read.</summary>
    public static IReadOnlyList<ResourceCondition>? ConditionsOf(JsonObject? status)
    {
        if (status?["conditions"] is not JsonArray list) return null;

        try
        {
            return [.. list.Select(static one => ResourceJson.Read<ResourceCondition>(one!))];
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private Written? LastOf(ResourceKind kind, OwnObject one) =>
        _written.TryGetValue((kind, one.Name), out var last) && last.Uid == one.Uid ? last : null;

    private async Task PutAsync(ResourceKind kind, OwnObject one, JsonObject wanted, CancellationToken cancel)
    {
        Interlocked.Increment(ref _writes);
        if (one.Status is { } live && GoneOf(live, wanted) is { Count: > 0 } gone)
        {
            await objects.MergeAsync(kind, one.Name, new JsonObject { ["status"] = gone }, "status", cancel)
                .ConfigureAwait(false);
        }

        var body = new JsonObject
        {
            ["apiVersion"] = $"{kind.Group}/{kind.Version}",
            ["kind"] = one.KindName,
            ["metadata"] = new JsonObject
            {
                // Another object of the same name is not the one that this is of.
                ["name"] = one.Name.Name, ["namespace"] = one.Name.Namespace, ["uid"] = one.Uid,
            },
            ["status"] = wanted.DeepClone(),
        };
        await objects.ApplyAsync(kind, one.Name, body, Applier.Manager, "status", cancel).ConfigureAwait(false);
        _written[(kind, one.Name)] = new Written(one.Uid, wanted.DeepClone().AsObject(), clock.GetTimestamp());
    }

    /// <summary>Objects of a status that are to be there no more, as a merge patch: where an apply takes one back, old
    /// servers (1.20) leave null behind, and then refuse that.</summary>
    private static JsonObject GoneOf(JsonObject live, JsonObject wanted)
    {
        var gone = new JsonObject();
        foreach (var (name, value) in live)
        {
            if (value is JsonObject && !wanted.ContainsKey(name)) gone[name] = null;
        }

        return gone;
    }

    private sealed record Written(string Uid, JsonObject Status, long At);
}
