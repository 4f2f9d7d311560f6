namespace NetSniff.Config;

/// <summary>From a document to a configuration of a worker, or to all that is wrong with it.</summary>
public static class WorkerConfigReader
{
    private const int PathLengthMax = 4096;
    private const int CountMax = 100_000_000;
    private const int FollowersMax = 100_000;
    private const long BytesMin = 256L << 20;

    private static readonly TimeSpan s_sqlTimeMax = TimeSpan.FromHours(1);

    /// <returns>The configuration, or null with at least one problem.</returns>
    public static WorkerConfig? Read(ReadOnlySpan<byte> json, out IReadOnlyList<ConfigProblem> problems) =>
        ConfigDocument.Read(json, ConfigJson.Default.WorkerConfig, Check, out problems);

    public static IReadOnlyList<ConfigProblem> Check(WorkerConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config is { Revision: null } or { Retention: null } or { Serving: null } or { Names: null }
            or { Retention.Age: null } or { Retention.Bytes: null } or { Serving.SqlTimeMax: null }
            or { Names.File: null })
        {
            return [new("", "null stands where a value is needed: leave a field out to have its default")];
        }

        List<ConfigProblem> problems = [];
        CheckLength("retention.age", config.Retention.Age, RetentionConfig.AgeMin, RetentionConfig.AgeMax, "1h to 366d",
            problems);
        if (config.Retention.Bytes.Length > 0
            && !(Quantity.TryParse(config.Retention.Bytes, out var bytes) && bytes is >= BytesMin and <= long.MaxValue))
        {
            problems.Add(new("retention.bytes", $"is a quantity of 256Mi or more, not '{config.Retention.Bytes}'"));
        }

        var serving = config.Serving;
        CheckCount("serving.recordsMax", serving.RecordsMax, CountMax, problems);
        CheckCount("serving.rowsMax", serving.RowsMax, CountMax, problems);
        CheckCount("serving.sqlRowsMax", serving.SqlRowsMax, CountMax, problems);
        CheckCount("serving.followersMax", serving.FollowersMax, FollowersMax, problems);
        CheckLength(
            "serving.sqlTimeMax", serving.SqlTimeMax, TimeSpan.FromSeconds(1), s_sqlTimeMax, "1s to 1h", problems);
        if (config.Names.File.Length > PathLengthMax || config.Names.File.Contains('\0', StringComparison.Ordinal))
        {
            problems.Add(new("names.file", "is no path"));
        }

        return problems;
    }

    private static void CheckLength(
        string path, string text, TimeSpan least, TimeSpan most, string range, List<ConfigProblem> problems)
    {
        if (text.Length == 0) return;
        if (Quantity.TryParseAge(text, out var length) && length >= least && length <= most) return;

        problems.Add(new(path, $"is a length of time from {range}, not '{text}'"));
    }

    private static void CheckCount(string path, int count, int most, List<ConfigProblem> problems)
    {
        if (count < 0 || count > most) problems.Add(new(path, $"is from 1 to {most}"));
    }
}
