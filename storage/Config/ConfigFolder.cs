using System.Security.Cryptography;
using NetSniff.Config;

namespace NetSniff.Storage.Config;

/// <summary>From bytes to a configuration, or to what is wrong with them.</summary>
public delegate T? ConfigParse<T>(ReadOnlySpan<byte> bytes, out IReadOnlyList<ConfigProblem> problems) where T : class;

/// <summary>Watches one file of a folder, such as a mounted ConfigMap: a new one is tried whole and put in force
/// whole, or refused whole while the last good one goes on.</summary>
/// <remarks>It looks instead of being told: a ConfigMap changes by a symbolic link that leads elsewhere
/// (`..data`), network and overlay file systems tell nobody, and a look costs one small read.</remarks>
/// <param name="nameOf">What a configuration calls itself; empty, and without it, ten digits of a hash do.</param>
public sealed class ConfigFolder<T>(
    string folder, string file, ConfigParse<T> parse, Func<T, IReadOnlyList<ConfigProblem>> apply,
    Func<T, string>? nameOf = null) where T : class
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>What a ConfigMap volume swaps when it changes.</summary>
    private const string SwappedLink = "..data";

    private const int RevisionDigits = 10;

    private readonly Lock _looking = new();
    private ConfigState _state = ConfigState.Nothing;
    private string _lastSeen = "";
    private string _pending = "";

    /// <summary>Any thread may ask.</summary>
    public ConfigState State => Volatile.Read(ref _state);

    /// <summary>The one in force; null before the first good one.</summary>
    public T? Current { get; private set; }

    /// <summary>Looks once. Any thread.</summary>
    /// <returns>Whether another configuration came into force.</returns>
    public bool Look()
    {
        lock (_looking) return LookNow();
    }

    /// <summary>Looks once a second until told to stop.</summary>
    /// <param name="looked">Called after each look, for a heartbeat.</param>
    public async Task RunAsync(TimeProvider clock, Action? looked, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                Look();
                looked?.Invoke();
            }
        }
        catch (OperationCanceledException)
        {
            // as asked
        }
    }

    private bool LookNow()
    {
        if (!TryRead(out var bytes, out var isSwapped, out var problem))
        {
            // Told once; a file that is away for a moment is no other configuration.
            if (_lastSeen.Length > 0 || State.Problems is [])
            {
                (_lastSeen, _pending) = ("", "");
                Set(State with { Problems = [problem!] });
            }

            return false;
        }

        var revision = Convert.ToHexStringLower(SHA256.HashData(bytes))[..RevisionDigits];
        if (revision == _lastSeen) return false;

        // Written in place it may be seen half written: it has to look the same twice, once there was one before.
        if (!isSwapped && Current is not null && revision != _pending)
        {
            _pending = revision;
            return false;
        }

        (_lastSeen, _pending) = (revision, "");
        return Try(bytes, revision);
    }

    private bool Try(ReadOnlySpan<byte> bytes, string revision)
    {
        var config = parse(bytes, out var problems);
        if (config is not null) problems = apply(config);
        if (config is null || problems is not [])
        {
            Set(State with { Rejected = State.Rejected + 1, Problems = problems });
            return false;
        }

        Current = config;
        var name = nameOf?.Invoke(config) is { Length: > 0 } own ? own : revision;
        Set(new ConfigState(name, State.Rejected, []));
        return true;
    }

    private void Set(ConfigState state) => Volatile.Write(ref _state, state);

    private bool TryRead(out byte[] bytes, out bool isSwapped, out ConfigProblem? problem)
    {
        (bytes, isSwapped, problem) = ([], false, null);
        try
        {
            // The link is followed once, so that all that is read comes from one version.
            var link = Path.Combine(folder, SwappedLink);
            var target = Path.Exists(link) ? Directory.ResolveLinkTarget(link, returnFinalTarget: true) : null;
            isSwapped = target is not null;
            using var stream = new FileStream(
                Path.Combine(target?.FullName ?? folder, file), FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete);
            if (stream.Length > ConfigReader.BytesMax)
            {
                problem = new ConfigProblem("", $"longer than {ConfigReader.BytesMax} bytes");
                return false;
            }

            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return true;
        }
        catch (Exception why) when (why is IOException or UnauthorizedAccessException)
        {
            problem = new ConfigProblem("", $"cannot be read: {why.Message}");
            return false;
        }
    }
}
