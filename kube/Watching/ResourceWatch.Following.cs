using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace NetSniff.Kube.Watching;

public sealed partial class ResourceWatch<T>
{
    /// <summary>A watch that ends sooner without a word is a failure, or a server that ends all at once would be asked
    /// without pause.</summary>
    private static readonly TimeSpan s_watchMin = TimeSpan.FromSeconds(1);

    /// <summary>From the last version known on, until the watch ends.</summary>
    private async Task<ApiFailure?> FollowAsync(CancellationToken cancel)
    {
        var began = _clock.GetTimestamp();
        var noticesBefore = Counters.Notices;
        var seconds = _options.WatchTime.TotalSeconds * (1 + _random.NextDouble());
        var path = And(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{_kind.Path(_options.Namespace)}?watch=true&allowWatchBookmarks=true&resourceVersion={_version}"
                + $"&timeoutSeconds={(int)seconds}"),
            _reader.Selection(_kind));
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        silence.CancelAfter(_options.SilenceMax);
        using var response = await _cluster.GetAsync(path, _reader.IsMetadataOnly ? OneMetadata : Json, silence.Token)
            .ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            return await ApiFailure.OfAsync(response, silence.Token).ConfigureAwait(false);
        }

        Counters.Watches++;
        Heard();
        using var body = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
        var lines = new BoundedLines(body, _options.LineBytesMax);
        await using (lines.ConfigureAwait(false))
        {
            while (await lines.NextAsync(silence.Token).ConfigureAwait(false) is { } line)
            {
                // Whoever is told may take his time: that is not the server's silence.
                silence.CancelAfter(Timeout.InfiniteTimeSpan);
                if (await HearAsync(line, cancel).ConfigureAwait(false) is { } failure) return failure;
                silence.CancelAfter(_options.SilenceMax);
            }
        }

        if (lines.IsCut) return new ApiFailure(FailureKind.Malformed, "a notice without end");

        var isShort = _clock.GetElapsedTime(began) < s_watchMin && Counters.Notices == noticesBefore;
        return isShort ? new ApiFailure(FailureKind.Unreachable, "the watch was ended at once") : null;
    }

    private async ValueTask<ApiFailure?> HearAsync(ReadOnlySequence<byte> line, CancellationToken cancel)
    {
        if (line.IsEmpty) return null;

        using var notice = JsonDocument.Parse(line);
        if (notice.RootElement.Inner("object") is not { } one)
        {
            return new ApiFailure(FailureKind.Malformed, "a notice of nothing");
        }

        var type = notice.RootElement.Text("type");
        if (type == "ERROR") return ApiFailure.Of(one);

        switch (type)
        {
            case "BOOKMARK":
                Counters.Bookmarks++;
                break;
            case "ADDED" or "MODIFIED" when NameOf(one) is { } name:
                Counters.Notices++;
                await PutAsync(name, one, cancel).ConfigureAwait(false);
                break;
            case "DELETED" when NameOf(one) is { } name:
                Counters.Notices++;
                await RemoveAsync(name, one, cancel).ConfigureAwait(false);
                break;
            default:
                Counters.Odd++;
                break;
        }

        if (one.Text("metadata", "resourceVersion") is { Length: > 0 } version) _version = version;
        _backoff.Reset();
        Heard();
        return null;
    }

    private async ValueTask PutAsync(ResourceName name, JsonElement one, CancellationToken cancel)
    {
        if (_reader.Read(_kind, one) is not { } now)
        {
            // It has become one that is of no interest.
            await RemoveAsync(name, null, cancel).ConfigureAwait(false);
            return;
        }

        if (!_known.TryGetValue(name, out var before) && _known.Count >= _options.ObjectsMax)
        {
            Counters.Refused++;
            return;
        }

        _known[name] = new Known(one.Text("metadata", "resourceVersion"), now);
        await _tell(new WatchChange<T>(WatchChangeKind.Put, name, now, before.Object), cancel).ConfigureAwait(false);
    }

    /// <summary>What a notice of the end says of the object is the last that there was to say.</summary>
    private async ValueTask RemoveAsync(ResourceName name, JsonElement? last, CancellationToken cancel)
    {
        if (!_known.Remove(name, out var known)) return;

        var said = last is { } one ? _reader.Read(_kind, one) : null;
        await _tell(new WatchChange<T>(WatchChangeKind.Gone, name, said ?? known.Object), cancel)
            .ConfigureAwait(false);
    }
}
