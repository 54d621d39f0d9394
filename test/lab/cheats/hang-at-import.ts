// loops without end while it is imported: no answer within
for (;;) {}
