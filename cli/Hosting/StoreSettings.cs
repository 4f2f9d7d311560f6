using NetSniff.Cli.Commands;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.ClickHouse;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Cli.Hosting;

/// <summary>Where a worker keeps records, and how much.</summary>
internal sealed record StoreSettings
{
    public const string PasswordVariable = "NETSNIFF_STORE_PASSWORD";

    /// <summary>Null for a store in the worker's own folder.</summary>
    public ClickHouseAddress? Elsewhere { get; init; }

    public string? PasswordFile { get; init; }

    public TimeSpan AgeMax { get; init; } = TimeSpan.FromDays(7);

    public long BytesMax { get; init; } = 50L << 30;

    /// <exception cref="UsageException">It is no address.</exception>
    public static ClickHouseAddress? Address(string option, string? text)
    {
        if (text is null) return null;
        try
        {
            return ClickHouseAddress.Parse(text);
        }
        catch (FormatException problem)
        {
            throw new UsageException($"{option}: {problem.Message}");
        }
    }

    /// <param name="folder">The worker's own.</param>
    /// <exception cref="IOException">It does not open.</exception>
    public IRecordStore Open(string folder, TimeProvider clock)
    {
        if (Elsewhere is null)
        {
            return new DuckDbStore(new DuckDbOptions
            {
                Folder = Path.Combine(folder, "store"), AgeMax = AgeMax, BytesMax = BytesMax, Clock = clock,
            });
        }

        return new ClickHouseStore(new ClickHouseOptions
        {
            Address = Elsewhere, Password = Password, AgeMax = AgeMax, BytesMax = BytesMax, Clock = clock,
        });
    }

    /// <summary>Read each time: whoever renews a secret writes its file.</summary>
    private string? Password() => PasswordFile is { } file
        ? File.ReadAllText(file).TrimEnd('\r', '\n')
        : Environment.GetEnvironmentVariable(PasswordVariable);
}
