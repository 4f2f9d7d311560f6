using System.Text.Json;

namespace NetSniff.Kube.Watching;

/// <summary>Keeps up with all objects of a kind: a list, then what changes, and a list again when the thread is lost.
/// </summary>
/// <remarks>Says what is there now, not what happened meanwhile: after a list, what it lacks is told as gone and what
/// is
/// as it was is not told again. One task runs it and tells; <see cref="State"/> and <see cref="Counters"/> are for
/// anyone. While the server is away everything stays as it was last told.</remarks>
public sealed partial class ResourceWatch<T> : IResourceWatch where T : class
{
    private const string Json = "application/json";
    private const string ListOfMetadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    private const string OneMetadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

    private readonly ClusterClient _cluster;
    private readonly IResourceReader<T> _reader;
    private readonly WatchOptions _options;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly Backoff _backoff;
    private readonly Func<WatchChange<T>, CancellationToken, ValueTask> _tell;
    private Dictionary<ResourceName, Known> _known = [];
    private ResourceKind _kind;
    private string? _version;
    private WatchState _state = new();

    /// <param name="random">Spreads waits; a seeded one gives the same waits again.</param>
    /// <param name="tell">Awaited: who cannot keep up slows the watch down, and loses nothing.</param>
    public ResourceWatch(
        ClusterClient cluster,
        IResourceReader<T> reader,
        WatchOptions options,
        TimeProvider clock,
        Random random,
        Func<WatchChange<T>, CancellationToken, ValueTask> tell)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(options);
        (_cluster, _reader, _options, _clock, _random, _tell) = (cluster, reader, options, clock, random, tell);
        _backoff = new Backoff(options.WaitMin, options.WaitMax, random);
        Plural = reader.Kinds[0].Plural;
    }

    /// <summary>What the first choice is called: `endpointslices`.</summary>
    public string Plural { get; }

    public WatchState State => Volatile.Read(ref _state);

    public WatchCounters Counters { get; } = new();

    /// <summary>Objects known.</summary>
    public int Count => Volatile.Read(ref _known).Count;

    /// <summary>Until cancelled, which is no failure.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var failure = await OneRoundAsync(cancel).ConfigureAwait(false);
                if (failure is not { } why) continue;

                Counters.Count(why.Kind);
                Say(State with { Failure = why });
                if (why.Kind is FailureKind.Expired or FailureKind.NotServed) _version = null;
                await Task.Delay(_backoff.Next(why.RetryAfter), _clock, cancel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The end.
        }
    }

    /// <summary>A list where one is needed, and a watch to its end.</summary>
    /// <returns>Null when all went in order.</returns>
    private async Task<ApiFailure?> OneRoundAsync(CancellationToken cancel)
    {
        try
        {
            if (_version is null)
            {
                var (kind, isUnknown) = await ChooseAsync(cancel).ConfigureAwait(false);
                if (isUnknown is not null) return isUnknown;
                if (await ListAsync(kind, cancel).ConfigureAwait(false) is { } failure) return failure;
            }

            return await FollowAsync(cancel).ConfigureAwait(false);
        }
        catch (JsonException problem)
        {
            return new ApiFailure(FailureKind.Malformed, problem.Message);
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException or ClusterException)
        {
            return new ApiFailure(FailureKind.Unreachable, (problem.InnerException ?? problem).Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new ApiFailure(FailureKind.Silent, "nothing came for too long");
        }
    }

    /// <summary>The first kind that the server has.</summary>
    private async Task<(ResourceKind Kind, ApiFailure? Failure)> ChooseAsync(CancellationToken cancel)
    {
        if (_reader.Kinds is [var only]) return (only, null);

        foreach (var kind in _reader.Kinds)
        {
            var (isServed, failure) = await Discovery.ServesAsync(_cluster, kind, _options.PageTimeMax, cancel)
                .ConfigureAwait(false);
            if (isServed) return (kind, null);
            if (failure is not null) return (kind, failure);
        }

        var text = $"the server has none of {string.Join(", ", _reader.Kinds)}";
        return (default, new ApiFailure(FailureKind.NotServed, text));
    }

    private void Say(WatchState state) => Volatile.Write(ref _state, state);

    /// <summary>The server spoke.</summary>
    private void Heard() => Say(State with { HeardAt = _clock.GetUtcNow(), Failure = null });

    private static string And(string query, string more) => more.Length == 0 ? query : $"{query}&{more}";

    private readonly record struct Known(string Version, T Object);
}
