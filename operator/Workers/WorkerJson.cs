using System.Text.Json.Nodes;
using NetSniff.Config;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Config;

namespace NetSniff.Operator.Workers;

/// <summary>`worker.json`, as core/Config reads it.</summary>
public static class WorkerJson
{
    /// <param name="installed">What holds where no profile names anything.</param>
    public static string Of(WorkerWish wish, WorkerRetention installed, long sequence, string revision)
    {
        ArgumentNullException.ThrowIfNull(wish);
        ArgumentNullException.ThrowIfNull(installed);
        return new JsonObject
        {
            ["retention"] = new JsonObject { ["age"] = AgeOf(wish, installed.Age), ["bytes"] = installed.Bytes },
            ["sequence"] = sequence,
            ["revision"] = revision,
        }.ToJsonString();
    }

    /// <summary>Who names none has what was installed, however short another wants it: all share one store.</summary>
    private static string AgeOf(WorkerWish wish, string installed)
    {
        if (wish.Retention is not { } longest) return installed;

        var isShorter = wish.KeepsInstalled && Quantity.TryParseAge(installed, out var least) && longest < least;
        return isShorter
            ? installed
            : SensorJson.Text(TimeSpan.FromTicks(Math.Clamp(
                longest.Ticks, RetentionConfig.AgeMin.Ticks, RetentionConfig.AgeMax.Ticks)));
    }
}
