using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NetSniff.Wire.Health;
using NetSniff.Worker.Ingest;

namespace NetSniff.Worker;

/// <summary>What else works in a worker.</summary>
public sealed record WorkerParts
{
    public IReadOnlyList<IRecordEnricher> Enrichers { get; init; } = [];

    /// <summary>Looks for what rules describe.</summary>
    public IBatchDetector? Detector { get; init; }

    /// <summary>Who gets batches once they are committed.</summary>
    public IReadOnlyList<IRecordFeed> Feeds { get; init; } = [];

    /// <summary>Where the worker says how it is.</summary>
    public HealthBoard? Health { get; init; }

    /// <summary>Further services of the port.</summary>
    public Action<IServiceCollection>? AddServices { get; init; }

    public Action<IEndpointRouteBuilder>? Map { get; init; }

    public Action<ILoggingBuilder>? AddLogging { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
