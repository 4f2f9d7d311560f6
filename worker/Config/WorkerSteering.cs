using NetSniff.Config;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Config;

/// <summary>What a configuration may change of a worker that runs.</summary>
/// <param name="retention">What the command line says; what a configuration leaves out comes from there.</param>
/// <param name="retain">Puts another retention in force.</param>
/// <param name="limits">Whose bounds are changed.</param>
/// <param name="name">Takes names from another file, or from that of the command line where it is empty; says what is
/// wrong with it, and then nothing has changed.</param>
public sealed class WorkerSteering(
    StoreRetention retention, Action<StoreRetention> retain, ServeLimits limits, Func<string, string?> name)
{
    private readonly ServeBounds _bounds = limits.Bounds;

    /// <summary>Puts all of it in force, or nothing.</summary>
    public IReadOnlyList<ConfigProblem> Apply(WorkerConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        // The only part that can fail goes first.
        if (name(config.Names.File) is { } problem) return [new ConfigProblem("names.file", problem)];

        retain(new StoreRetention(
            Length(config.Retention.Age) ?? retention.AgeMax,
            config.Retention.Bytes.Length > 0 && Quantity.TryParse(config.Retention.Bytes, out var bytes)
                ? (long)bytes
                : retention.BytesMax));
        limits.Bounds = _bounds with
        {
            RecordsMax = Or(config.Serving.RecordsMax, _bounds.RecordsMax),
            RowsMax = Or(config.Serving.RowsMax, _bounds.RowsMax),
            SqlRowsMax = Or(config.Serving.SqlRowsMax, _bounds.SqlRowsMax),
            FollowersMax = Or(config.Serving.FollowersMax, _bounds.FollowersMax),
            SqlMax = Length(config.Serving.SqlTimeMax) ?? _bounds.SqlMax,
        };
        return [];
    }

    private static int Or(int value, int otherwise) => value == 0 ? otherwise : value;

    private static TimeSpan? Length(string text) =>
        text.Length > 0 && Quantity.TryParseAge(text, out var length) ? length : null;
}
