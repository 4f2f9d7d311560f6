using System.CommandLine;
using NetSniff.Cli.Hosting;

namespace NetSniff.Cli.Commands;

/// <summary>Where a worker keeps records, for how long, and which files it makes of them.</summary>
internal sealed class StoreOptions
{
    private const long BytesMin = 256L << 20;
    private static readonly TimeSpan s_ageMin = TimeSpan.FromHours(1);

    private readonly Option<string?> _store = TextOption.Of(
        "--store", "ADDRESS",
        "clickhouse://USER@HOST:8123/DATABASE, or clickhouses:// with TLS. Without it: DuckDB, in the folder.");

    private readonly Option<string?> _password = TextOption.Of(
        "--store-password-file", "FILE", $"Holds the password; without it ${StoreSettings.PasswordVariable}.");

    private readonly Option<string?> _keep = TextOption.Of("--keep", "AGE", "How long records are kept (7d).");
    private readonly Option<string?> _bytes = TextOption.Of(
        "--store-bytes", "SIZE", "How much they may take on disk (50Gi).");

    private readonly Option<string?> _parquet = TextOption.Of(
        "--parquet", "FOLDER", "Write each hour as Parquet files into it when it is over.");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_store, _password, _keep, _bytes, _parquet]) command.Add(option);
    }

    /// <exception cref="UsageException">Something of it cannot be understood.</exception>
    public StoreSettings Read(ParseResult result)
    {
        var otherwise = new StoreSettings();
        return otherwise with
        {
            Elsewhere = StoreSettings.Address(_store.Name, result.GetValue(_store)),
            PasswordFile = result.GetValue(_password),
            AgeMax = Age(result.GetValue(_keep)) ?? otherwise.AgeMax,
            BytesMax = ByteSizes.ParseOption(_bytes.Name, result.GetValue(_bytes), BytesMin) ?? otherwise.BytesMax,
        };
    }

    /// <summary>No less than worker.json takes. A bare number is seconds: whoever typed 3 meant days.</summary>
    private TimeSpan? Age(string? text)
    {
        var age = Durations.ParseOption(_keep.Name, text);
        return age is null || age >= s_ageMin
            ? age
            : throw new UsageException($"{_keep.Name} is at least 1h, such as 12h or 7d, not '{text}'");
    }

    /// <summary>Null for none.</summary>
    public string? Lake(ParseResult result) => result.GetValue(_parquet);
}
