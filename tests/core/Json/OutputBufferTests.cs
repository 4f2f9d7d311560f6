using NetSniff.Json;

namespace NetSniff.Tests.Json;

public sealed class OutputBufferTests
{
    /// <summary>Short pieces wait for company, long ones go out as they are; nothing changes places.</summary>
    [Theory]
    [InlineData(1), InlineData(OutputBuffer.PieceBytes - 1), InlineData(OutputBuffer.PieceBytes)]
    [InlineData(3 * OutputBuffer.PieceBytes)]
    public void Pieces_of_any_length_keep_their_order(int length)
    {
        var target = new CountedWrites();
        var buffer = new OutputBuffer(target);
        var said = new MemoryStream();
        for (byte round = 1; round <= 5; round++)
        {
            buffer.Append(round);
            said.WriteByte(round);
            var piece = Enumerable.Repeat(round, length).ToArray();
            buffer.AppendPiece(piece);
            said.Write(piece);
            if (length >= OutputBuffer.PieceBytes) Assert.Equal(said.Length, target.Length);
            Assert.InRange(buffer.Pending.Length, 0, OutputBuffer.PieceBytes - 1);
        }

        buffer.Flush();
        Assert.Equal(said.ToArray(), target.ToArray());
        var whole = length >= OutputBuffer.PieceBytes;
        Assert.Equal(whole ? 10 : length == 1 ? 1 : 5, target.Writes);
    }

    private sealed class CountedWrites : MemoryStream
    {
        public int Writes { get; private set; }

        public override void Write(byte[] buffer, int offset, int count)
        {
            Writes++;
            base.Write(buffer, offset, count);
        }

        public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);
    }
}
