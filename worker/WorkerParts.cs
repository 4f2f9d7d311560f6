using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NetSniff.Worker.Ingest;

namespace NetSniff.Worker;

/// <summary>What else works in a worker.</summary>
public sealed record WorkerParts
{
    public IReadOnlyList<IRecordEnricher> Enrichers { get; init; } = [];

    public IReadOnlyList<IRecordWatcher> Watchers { get; init; } = [];

    /// <summary>Who gets records once they are stored.</summary>
    public IReadOnlyList<IRecordFeed> Feeds { get; init; } = [];

    /// <summary>Further services of the port: queries.</summary>
    public Action<IServiceCollection>? AddServices { get; init; }

    public Action<IEndpointRouteBuilder>? Map { get; init; }

    public Action<ILoggingBuilder>? AddLogging { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
