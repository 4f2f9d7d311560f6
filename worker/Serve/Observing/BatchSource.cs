using System.Buffers.Binary;
using Grpc.Core;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;

namespace NetSniff.Worker.Serve.Observing;

/// <summary>The past of one worker, record by record, in order of time.</summary>
internal sealed class BatchSource(string worker, IAsyncEnumerator<ObserveAnswer> answers)
{
    private readonly BatchDecoder _decoder = new() { TakesPeers = true };
    private int _position;
    private int _length;

    public string Worker { get; } = worker;

    public IAsyncEnumerator<ObserveAnswer> Answers { get; } = answers;

    /// <summary>What the worker said at the end of the past; null until then.</summary>
    public Completeness? Completeness { get; private set; }

    /// <summary>Why nothing more comes; null while all is well.</summary>
    public string? Problem { get; private set; }

    public bool HasRecord => _position < _length;

    public ReadOnlySpan<byte> Record => _decoder.Records.Slice(
        _position, BinaryPrimitives.ReadInt32LittleEndian(_decoder.Records[_position..]));

    public long TimeNanos => new RecordView(Record).Header.TimeNanos;

    public void Step() => _position += BinaryPrimitives.ReadInt32LittleEndian(_decoder.Records[_position..]);

    private void Fail(string why)
    {
        Problem = why;
        _position = _length = 0;
    }

    /// <summary>Reads on until there is a record or the past is over.</summary>
    public async Task FillAsync()
    {
        try
        {
            await ReadOnAsync().ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is RpcException or TimeoutException)
        {
            Fail(problem is TimeoutException ? "no answer in time" : FanOut.Why(problem));
        }
    }

    private async Task ReadOnAsync()
    {
        while (!HasRecord && Completeness is null && Problem is null)
        {
            if (!await Answers.MoveNextAsync().ConfigureAwait(false))
            {
                Fail("the answer ended early");
                return;
            }

            var answer = Answers.Current;
            if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Completeness)
            {
                Completeness = answer.Completeness;
            }
            else if (!_decoder.TryRead(answer.Batch.Span))
            {
                Fail($"a batch was {_decoder.Problem}");
            }
            else
            {
                (_position, _length) = (0, _decoder.Records.Length);
            }
        }
    }
}
